#include "core/storage/postgresql/session.h"

#include <utility>

#include "core/storage/postgresql/migrate.h"
#include "core/storage/postgresql/postgresql_stores.h"

namespace vestnik::storage::postgresql {
namespace {

using Clock = Server::Clock;

// How long the writer waits for a server that was there a moment ago and may be restarting. Those who wait
// for the writer are clients of ours, who get errors after that.
constexpr std::chrono::seconds kPatience{3};
// The same when it must be found out whether a transaction was committed.
constexpr std::chrono::seconds kLongPatience{10};

// No statement of ours takes that long unless something is wrong; the server then ends it by itself, before
// we give up waiting (Connection::kAnswerTimeout).
constexpr const char* kSettings =
    "SET statement_timeout = '10s'; SET idle_in_transaction_session_timeout = '60s';";

/// A connection with the stores on it.
struct Link {
  explicit Link(Handle handle) : connection(std::move(handle)) {}
  Connection connection;
  std::unique_ptr<Stores> stores;
};

class ReadSession final : public Session {
 public:
  explicit ReadSession(Server& server) : server_(server) { connect(); }

  Stores& stores() override { return *link_->stores; }

  void begin() override {
    if (!link_ || link_->connection.lost()) connect();
    link_->connection.send("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
    open_ = true;
  }
  // Nothing depends on what comes of it.
  void commit() override {
    link_->connection.send("COMMIT");
    link_->connection.flush();
    open_ = false;
  }
  void roll_back() noexcept override {
    if (!std::exchange(open_, false)) return;
    const auto outcome = guarded([this] {
      link_->connection.send("ROLLBACK");
      link_->connection.settle();
    });
    if (!outcome) link_.reset();
  }

 private:
  void connect() {
    link_.reset();
    auto link = std::make_unique<Link>(server_.connect());
    link->connection.execute(kSettings);
    link->stores = make_stores(link->connection);
    link->connection.settle();
    link_ = std::move(link);
  }

  Server& server_;
  std::unique_ptr<Link> link_;
  bool open_ = false;
};

class PostgresqlWriteSession final : public WriteSession {
 public:
  PostgresqlWriteSession(Server& server, Durability durability) : server_(server), durability_(durability) {
    connect(kPatience);  // it may be starting, as we are
  }

  Stores& stores() override { return *link_->stores; }

  void begin() override {
    // Having waited in vain once, it goes on trying, and the others go on without waiting.
    if (!link_ || link_->connection.lost()) connect(std::exchange(patience_, {}));
    patience_ = kPatience;
    link_->connection.send("BEGIN");
    open_ = true;
  }

  void commit() override {
    Connection& connection = link_->connection;
    set_number_->run(++number_);
    connection.settle();
    connection.send("COMMIT");
    const auto committed = guarded([&] { connection.settle(); });
    open_ = false;
    if (committed || (connection.lost() && was_committed())) return;
    throw Failure(committed.error());
  }

  void roll_back() noexcept override {
    if (!std::exchange(open_, false)) return;
    const auto outcome = guarded([this] {
      link_->connection.note_undone();
      link_->connection.send("ROLLBACK");
      link_->connection.settle();
    });
    if (!outcome) link_.reset();
  }

  void mark() override { link_->connection.send("SAVEPOINT part"); }
  void keep() override {
    link_->connection.send("RELEASE part");
    link_->connection.settle();
  }
  void undo() override {
    link_->connection.note_undone();
    link_->connection.send("ROLLBACK TO part");
    link_->connection.send("RELEASE part");
  }

 private:
  void connect(std::chrono::milliseconds patience) {
    const int former = process_;
    link_.reset();
    auto link = std::make_unique<Link>(server_.connect_until(Clock::now() + patience));
    Connection& connection = link->connection;
    if (connection.value("SHOW server_encoding") != "UTF8") {
      throw Failure({ErrorKind::constraint, server_.name() + " is not encoded in UTF-8"});
    }
    connection.execute("SET synchronous_commit = " +
                       std::string(durability_ == Durability::commit ? "on" : "off"));
    take_over(connection, former);
    if (former == 0) migrate(connection, migrations());
    process_ = connection.process();
    connection.execute(kSettings);
    set_number_.emplace(connection, "UPDATE last_commit SET number = $1");
    last_number_.emplace(connection, "SELECT number FROM last_commit");
    link->stores = make_stores(connection);
    connection.settle();
    link_ = std::move(link);
    if (former == 0) number_ = read_number();
  }

  std::int64_t read_number() {
    Rows row = last_number_->query();
    return row.next() ? row.integer(0) : 0;
  }

  // The connection broke while the COMMIT was under way: the database knows what came of it.
  bool was_committed() {
    bool committed = false;
    const auto asked = guarded([&] {
      connect(kLongPatience);
      committed = read_number() == number_;
    });
    if (asked) return committed;
    throw Uncertain(asked.error());
  }

  Server& server_;
  const Durability durability_;
  std::unique_ptr<Link> link_;
  std::optional<Statement> set_number_;
  std::optional<Statement> last_number_;
  std::int64_t number_ = 0;  // of the last transaction that was tried
  std::chrono::milliseconds patience_{kPatience};
  int process_ = 0;  // of the server's, for the last connection
  bool open_ = false;
};

}  // namespace

std::unique_ptr<WriteSession> make_write_session(Server& server, Durability durability) {
  return std::make_unique<PostgresqlWriteSession>(server, durability);
}

std::unique_ptr<Session> make_read_session(Server& server) { return std::make_unique<ReadSession>(server); }

}  // namespace vestnik::storage::postgresql
