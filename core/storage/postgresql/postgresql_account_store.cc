#include "core/storage/postgresql/postgresql_stores.h"

namespace vestnik::storage::postgresql {
namespace {

constexpr std::string_view kSha1 = "sha1";
constexpr std::string_view kSha256 = "sha256";

class PostgresqlAccountStore final : public AccountStore {
 public:
  explicit PostgresqlAccountStore(Connection& connection)
      : find_(connection,
              "SELECT created_at, disabled, last_activity_at, last_status FROM account WHERE jid = $1"),
        exists_(connection, "SELECT 1 FROM account WHERE jid = $1"),
        create_(connection,
                "INSERT INTO account (jid, created_at, disabled, last_activity_at, last_status) "
                "VALUES ($1, $2, $3, $4, $5) ON CONFLICT (jid) DO NOTHING"),
        remove_(connection,
                "WITH gone AS (DELETE FROM account WHERE jid = $1 RETURNING id), "
                "orphaned AS (INSERT INTO archive_orphan SELECT id FROM gone "
                "WHERE EXISTS (SELECT 1 FROM archive_entry WHERE owner = gone.id)) "
                "SELECT 1 FROM gone"),
        set_disabled_(connection, "UPDATE account SET disabled = $2 WHERE jid = $1"),
        set_last_activity_(connection,
                           "UPDATE account SET last_activity_at = $2, last_status = $3 WHERE jid = $1"),
        list_(connection,
              "SELECT jid, created_at, disabled FROM account WHERE host = $1 AND jid > $2 ORDER BY jid LIMIT "
              "$3"),
        count_(connection, "SELECT count(*) FROM account WHERE host = $1"),
        load_credentials_(connection,
                          "SELECT hash, salt, iterations, stored_key, server_key FROM credential "
                          "JOIN account ON account.id = credential.account WHERE jid = $1"),
        clear_credentials_(connection,
                           "DELETE FROM credential WHERE account = (SELECT id FROM account WHERE jid = $1)"),
        add_credential_(connection,
                        "INSERT INTO credential (account, hash, salt, iterations, stored_key, server_key) "
                        "VALUES ((SELECT id FROM account WHERE jid = $1), $2, $3, $4, $5, $6)") {}

  std::optional<AccountRecord> find(std::string_view jid) override {
    Rows row = find_.query(jid);
    Rows credentials = load_credentials_.query(jid);
    if (!row.next()) return std::nullopt;
    AccountRecord account{.jid = std::string(jid),
                          .created_at = row.time(0),
                          .disabled = row.boolean(1),
                          .last_activity = std::nullopt,
                          .credentials = read_credentials(credentials)};
    if (!row.is_null(2)) account.last_activity = LastActivity{.at = row.time(2), .status = row.text(3)};
    return account;
  }

  bool exists(std::string_view jid) override { return exists_.query(jid).next(); }

  bool create(const AccountRecord& account) override {
    const auto& last = account.last_activity;
    const auto last_at = last.transform([](const LastActivity& activity) { return activity.at; });
    const auto status =
        last.transform([](const LastActivity& activity) { return std::string_view(activity.status); });
    if (create_.changed(account.jid, account.created_at, account.disabled, last_at, status) == 0)
      return false;
    add_credentials(account.jid, account.credentials);
    return true;
  }

  bool remove(std::string_view jid) override { return remove_.query(jid).next(); }

  bool set_credentials(std::string_view jid, const sasl::Credentials& credentials) override {
    if (!exists(jid)) return false;
    clear_credentials_.run(jid);
    add_credentials(jid, credentials);
    return true;
  }

  bool set_disabled(std::string_view jid, bool disabled) override {
    return set_disabled_.changed(jid, disabled) != 0;
  }

  bool set_last_activity(std::string_view jid, const LastActivity& last) override {
    return set_last_activity_.changed(jid, last.at, last.status) != 0;
  }

  std::vector<AccountSummary> list(std::string_view host, std::string_view after,
                                   std::size_t limit) override {
    std::vector<AccountSummary> accounts;
    Rows row = list_.query(host, after, limit);
    while (row.next()) {
      accounts.push_back({.jid = row.text(0), .created_at = row.time(1), .disabled = row.boolean(2)});
    }
    return accounts;
  }

  std::uint64_t count(std::string_view host) override {
    Rows row = count_.query(host);
    return row.next() ? row.count(0) : 0;
  }

 private:
  static sasl::Credentials read_credentials(Rows& row) {
    sasl::Credentials credentials;
    while (row.next()) {
      auto& record = row.text(0) == kSha1 ? credentials.sha1 : credentials.sha256;
      record = sasl::ScramKeys{.salt = row.text(1),
                               .iterations = static_cast<std::uint32_t>(row.integer(2)),
                               .stored_key = row.text(3),
                               .server_key = row.text(4)};
    }
    return credentials;
  }

  void add_credentials(std::string_view jid, const sasl::Credentials& credentials) {
    const auto add = [&](std::string_view hash, const std::optional<sasl::ScramKeys>& record) {
      if (!record) return;
      add_credential_.run(jid, hash, record->salt, record->iterations, record->stored_key,
                          record->server_key);
    };
    add(kSha1, credentials.sha1);
    add(kSha256, credentials.sha256);
  }

  Statement find_;
  Statement exists_;
  Statement create_;
  Statement remove_;
  Statement set_disabled_;
  Statement set_last_activity_;
  Statement list_;
  Statement count_;
  Statement load_credentials_;
  Statement clear_credentials_;
  Statement add_credential_;
};

}  // namespace

std::unique_ptr<AccountStore> make_account_store(Connection& connection) {
  return std::make_unique<PostgresqlAccountStore>(connection);
}

}  // namespace vestnik::storage::postgresql
