#include "core/storage/postgresql/connection.h"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <utility>

namespace vestnik::storage::postgresql {
namespace {

using Clock = std::chrono::steady_clock;

// Statements under way: enough to keep both sides busy, few enough not to hold much memory.
constexpr std::size_t kMostPending = 512;

// By the class of the SQLSTATE, its first two characters.
ErrorKind kind_of(std::string_view state) {
  const std::string_view state_class = state.substr(0, 2);
  if (state_class == "23") return ErrorKind::constraint;
  if (state_class == "53") return ErrorKind::no_space;
  if (state_class == "22" || state_class == "42" || state_class == "0A") return ErrorKind::internal;
  return ErrorKind::io;
}

// The server's details are left out: they quote rows.
Error error_of(const PGresult* result) {
  const char* state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  const char* text = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
  if (state == nullptr || text == nullptr) return {ErrorKind::io, PQresultErrorMessage(result)};
  return {kind_of(state), fmt::format("storage: {} ({})", text, state)};
}

bool is_error(const PGresult* result) {
  const ExecStatusType status = PQresultStatus(result);
  return status == PGRES_FATAL_ERROR || status == PGRES_BAD_RESPONSE;
}

}  // namespace

Connection::Connection(Handle handle) : handle_(std::move(handle)) {
  PQsetNoticeProcessor(handle_.get(), [](void*, const char*) {}, nullptr);  // not to standard error
  PQsetnonblocking(handle_.get(), 1);
  PQenterPipelineMode(handle_.get());
}

void Connection::execute(const std::string& script) {
  settle();
  PQexitPipelineMode(handle_.get());
  const ResultHandle result(PQexec(handle_.get(), script.c_str()));
  PQenterPipelineMode(handle_.get());
  if (is_error(result.get())) throw Failure(error_of(result.get()));
}

std::optional<std::string> Connection::value(const std::string& query) {
  settle();
  PQexitPipelineMode(handle_.get());
  const ResultHandle result(PQexec(handle_.get(), query.c_str()));
  PQenterPipelineMode(handle_.get());
  if (is_error(result.get())) throw Failure(error_of(result.get()));
  if (PQntuples(result.get()) == 0 || PQgetisnull(result.get(), 0, 0) != 0) return std::nullopt;
  return PQgetvalue(result.get(), 0, 0);
}

std::string Connection::prepare(std::string_view sql) {
  std::string name = fmt::format("s{}", ++prepared_);
  sent(PQsendPrepare(handle_.get(), name.c_str(), std::string(sql).c_str(), 0, nullptr), nullptr);
  return name;
}

void Connection::send(const char* sql) {
  send_gathered();
  sent(PQsendQueryParams(handle_.get(), sql, 0, nullptr, nullptr, nullptr, nullptr, 1), nullptr);
}

void Connection::send_prepared(const std::string& name, const Parameters& parameters,
                               std::shared_ptr<Answer> answer) {
  send_gathered();
  if (pending_.size() >= kMostPending) settle();
  sent(PQsendQueryPrepared(handle_.get(), name.c_str(), static_cast<int>(parameters.values.size()),
                           parameters.values.data(), parameters.lengths.data(), parameters.formats.data(), 1),
       std::move(answer));
}

void Connection::sent(int accepted, std::shared_ptr<Answer> answer) {
  if (accepted != 1) fail_lost(PQerrorMessage(handle_.get()));
  pending_.push_back(std::move(answer));
}

void Connection::send_gathered() {
  while (!gathered_.empty()) {
    Gathered* next = gathered_.back();
    gathered_.pop_back();
    next->send();
  }
}

void Connection::note_undone() {
  ++undone_;
  for (Gathered* one : std::exchange(gathered_, {})) one->drop();
}

void Connection::settle() {
  send_gathered();
  if (pending_.empty()) return;
  if (PQpipelineSync(handle_.get()) != 1) fail_lost(PQerrorMessage(handle_.get()));
  const auto deadline = Clock::now() + kAnswerTimeout;
  std::optional<Error> first_error;
  while (true) {
    ResultHandle result = next_result(deadline);
    if (!result) {  // the end of one statement
      if (!pending_.empty()) pending_.pop_front();
      continue;
    }
    const ExecStatusType status = PQresultStatus(result.get());
    if (status == PGRES_PIPELINE_SYNC) break;
    if (is_error(result.get()) && !first_error) first_error = error_of(result.get());
    if (pending_.empty() || !pending_.front() || status == PGRES_PIPELINE_ABORTED) continue;
    pending_.front()->result = std::move(result);
    pending_.front()->settled = true;
  }
  pending_.clear();
  if (first_error) throw Failure(*first_error);
}

// A connection that has ended gives its reason as the last result.
ResultHandle Connection::next_result(Clock::time_point deadline) {
  while (PQisBusy(handle_.get()) != 0) wait_for_server(deadline);
  ResultHandle result(PQgetResult(handle_.get()));
  if (PQstatus(handle_.get()) == CONNECTION_BAD)
    fail_lost(result ? PQresultErrorMessage(result.get()) : PQerrorMessage(handle_.get()));
  return result;
}

void Connection::wait_for_server(Clock::time_point deadline) {
  const int unsent = PQflush(handle_.get());
  if (unsent < 0) fail_lost(PQerrorMessage(handle_.get()));
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
  ::pollfd socket{.fd = PQsocket(handle_.get()),
                  .events = static_cast<short>(unsent > 0 ? POLLIN | POLLOUT : POLLIN),
                  .revents = 0};
  const int ready = ::poll(&socket, 1, static_cast<int>(std::max<std::int64_t>(left.count(), 0)));
  if (ready == 0) fail_lost("no answer in time");
  if (PQconsumeInput(handle_.get()) != 1) fail_lost(PQerrorMessage(handle_.get()));
}

void Connection::flush() {
  send_gathered();
  if (PQsendFlushRequest(handle_.get()) != 1 || PQflush(handle_.get()) < 0)
    fail_lost(PQerrorMessage(handle_.get()));
}

bool Connection::lost() {
  if (!handle_ || PQstatus(handle_.get()) == CONNECTION_BAD) return true;
  ::pollfd socket{.fd = PQsocket(handle_.get()), .events = POLLIN, .revents = 0};
  while (::poll(&socket, 1, 0) > 0) {  // a server that ends says why before it hangs up
    if (PQconsumeInput(handle_.get()) != 1) return true;
  }
  return false;
}

void Connection::fail_lost(std::string_view reason) {
  std::string text(reason.substr(0, reason.find_last_not_of('\n') + 1));
  std::ranges::replace(text, '\n', ' ');
  handle_.reset();
  pending_.clear();
  throw Failure({ErrorKind::io, fmt::format("the connection to the database was lost: {}", text)});
}

}  // namespace vestnik::storage::postgresql
