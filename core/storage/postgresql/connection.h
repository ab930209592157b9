#pragma once
#include <libpq-fe.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/storage/error.h"
#include "core/storage/postgresql/server.h"

namespace vestnik::storage::postgresql {

/// Frees with PQclear.
struct ClearResult {
  void operator()(PGresult* result) const noexcept { PQclear(result); }
};
using ResultHandle = std::unique_ptr<PGresult, ClearResult>;

/// What a statement will have given, once its turn has come.
struct Answer {
  ResultHandle result;
  bool settled = false;
};

/// The parameters of one call, in PostgreSQL's binary formats; they are sent before it returns.
struct Parameters {
  std::span<const char* const> values;
  std::span<const int> lengths;
  std::span<const int> formats;
};

/// What a store gathers to send it as one statement (Connection::gather).
class Gathered {
 public:
  /// Sends it, and is empty after that, also if that throws.
  virtual void send() = 0;
  /// It is not to be sent.
  virtual void drop() noexcept = 0;

 protected:
  ~Gathered() = default;
};

/// A connection in libpq's pipeline mode, used by one thread: statements are sent without waiting for what
/// comes of them. settle() waits for all that were sent, and throws what went wrong first; what was sent
/// after that was not done. Waiting has an end (kAnswerTimeout), after which the connection counts as lost.
///
/// All of it throws Failure.
class Connection {
 public:
  static constexpr std::chrono::seconds kAnswerTimeout{15};

  explicit Connection(Handle handle);

  /// Runs a script, for as long as that takes, behind all that was sent.
  void execute(const std::string& script);
  /// The first field of the first row that a query gives, as text; none without a row. Like execute().
  std::optional<std::string> value(const std::string& query);

  /// Gives the statement a name on this connection. With the first use comes what is wrong with it.
  std::string prepare(std::string_view sql);
  /// Sends one without parameters or rows, as BEGIN.
  void send(const char* sql);
  /// Sends a prepared one. `answer`, if there is one, gets the result.
  void send_prepared(const std::string& name, const Parameters& parameters, std::shared_ptr<Answer> answer);

  /// Has it sent before anything else is, so that order is kept; called when there is something in it.
  void gather(Gathered& gathered) { gathered_.push_back(&gathered); }
  void send_gathered();

  void settle();
  /// Passes on what was sent, without waiting for what comes of it.
  void flush();

  /// To be told before a transaction or its last part is rolled back: what stores remember of it is void, and
  /// what they have gathered for it is not sent.
  void note_undone();
  /// How often that was.
  std::uint64_t undone() const { return undone_; }

  /// Whether it is gone for good; found out without asking the server.
  bool lost();
  int process() const { return PQbackendPID(handle_.get()); }

 private:
  void sent(int accepted, std::shared_ptr<Answer> answer);
  void wait_for_server(std::chrono::steady_clock::time_point deadline);
  ResultHandle next_result(std::chrono::steady_clock::time_point deadline);
  [[noreturn]] void fail_lost(std::string_view reason);

  Handle handle_;
  std::deque<std::shared_ptr<Answer>> pending_;  // one for each statement sent; null: nobody asks
  std::vector<Gathered*> gathered_;              // with something to send
  std::uint64_t prepared_ = 0;
  std::uint64_t undone_ = 0;
};

}  // namespace vestnik::storage::postgresql
