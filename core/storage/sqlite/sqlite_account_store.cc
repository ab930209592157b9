#include <fmt/format.h>

#include "core/storage/sqlite/database.h"
#include "core/storage/sqlite/sqlite_stores.h"

namespace vestnik::storage::sqlite {
namespace {

constexpr std::string_view kSha1 = "sha1";
constexpr std::string_view kSha256 = "sha256";

class SqliteAccountStore final : public AccountStore {
 public:
  explicit SqliteAccountStore(Database& database)
      : ids_(database),
        find_(database,
              "SELECT id, created_at, disabled, last_activity_at, last_status FROM account WHERE jid = ?1"),
        create_(database,
                "INSERT INTO account (jid, created_at, disabled, last_activity_at, last_status) "
                "VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (jid) DO NOTHING RETURNING id"),
        remove_(database, "DELETE FROM account WHERE jid = ?1"),
        set_disabled_(database, "UPDATE account SET disabled = ?2 WHERE jid = ?1"),
        set_last_activity_(database,
                           "UPDATE account SET last_activity_at = ?2, last_status = ?3 WHERE jid = ?1"),
        list_(database,
              "SELECT jid, created_at, disabled FROM account WHERE host = ?1 AND jid > ?2 ORDER BY jid LIMIT "
              "?3"),
        count_(database, "SELECT count(*) FROM account WHERE host = ?1"),
        load_credentials_(
            database,
            "SELECT hash, salt, iterations, stored_key, server_key FROM credential WHERE account = ?1"),
        clear_credentials_(database, "DELETE FROM credential WHERE account = ?1"),
        add_credential_(database,
                        "INSERT INTO credential (account, hash, salt, iterations, stored_key, server_key) "
                        "VALUES (?1, ?2, ?3, ?4, ?5, ?6)") {}

  std::optional<AccountRecord> find(std::string_view jid) override {
    Cursor row = find_.query(jid);
    if (!row.next()) return std::nullopt;
    AccountRecord account{.jid = std::string(jid),
                          .created_at = row.time(1),
                          .disabled = row.boolean(2),
                          .last_activity = std::nullopt,
                          .credentials = load_credentials(row.integer(0))};
    if (!row.is_null(3)) account.last_activity = LastActivity{.at = row.time(3), .status = row.text(4)};
    return account;
  }

  bool exists(std::string_view jid) override { return ids_.find(jid).has_value(); }

  bool create(const AccountRecord& account) override {
    const auto& last = account.last_activity;
    const auto last_at = last.transform([](const LastActivity& activity) { return activity.at; });
    const auto status =
        last.transform([](const LastActivity& activity) { return std::string_view(activity.status); });
    Cursor row = create_.query(account.jid, account.created_at, account.disabled, last_at, status);
    if (!row.next()) return false;
    add_credentials(row.integer(0), account.credentials);
    return true;
  }

  bool remove(std::string_view jid) override { return remove_.run(jid) != 0; }

  bool set_credentials(std::string_view jid, const sasl::Credentials& credentials) override {
    const auto id = ids_.find(jid);
    if (!id) return false;
    clear_credentials_.run(*id);
    add_credentials(*id, credentials);
    return true;
  }

  bool set_disabled(std::string_view jid, bool disabled) override {
    return set_disabled_.run(jid, disabled) != 0;
  }

  bool set_last_activity(std::string_view jid, const LastActivity& last) override {
    return set_last_activity_.run(jid, last.at, last.status) != 0;
  }

  std::vector<AccountSummary> list(std::string_view host, std::string_view after,
                                   std::size_t limit) override {
    std::vector<AccountSummary> accounts;
    Cursor row = list_.query(host, after, limit);
    while (row.next()) {
      accounts.push_back({.jid = row.text(0), .created_at = row.time(1), .disabled = row.boolean(2)});
    }
    return accounts;
  }

  std::uint64_t count(std::string_view host) override {
    Cursor row = count_.query(host);
    return row.next() ? row.count(0) : 0;
  }

 private:
  sasl::Credentials load_credentials(std::int64_t id) {
    sasl::Credentials credentials;
    Cursor row = load_credentials_.query(id);
    while (row.next()) {
      auto& record = row.text(0) == kSha1 ? credentials.sha1 : credentials.sha256;
      record = sasl::ScramKeys{.salt = row.text(1),
                               .iterations = static_cast<std::uint32_t>(row.integer(2)),
                               .stored_key = row.text(3),
                               .server_key = row.text(4)};
    }
    return credentials;
  }

  void add_credentials(std::int64_t id, const sasl::Credentials& credentials) {
    const auto add = [&](std::string_view hash, const std::optional<sasl::ScramKeys>& record) {
      if (!record) return;
      add_credential_.run(id, hash, Bytes{record->salt}, record->iterations, Bytes{record->stored_key},
                          Bytes{record->server_key});
    };
    add(kSha1, credentials.sha1);
    add(kSha256, credentials.sha256);
  }

  AccountIds ids_;
  Statement find_;
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

std::unique_ptr<AccountStore> make_account_store(Database& database) {
  return std::make_unique<SqliteAccountStore>(database);
}

}  // namespace vestnik::storage::sqlite
