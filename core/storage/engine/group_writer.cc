#include "core/storage/engine/group_writer.h"

#include <fmt/format.h>
#include <pthread.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace vestnik::storage {
namespace {

// A disk in trouble may take seconds to say so: after that many such failures in a row the rest of a group is
// not tried.
constexpr int kPatience = 3;

// As much as a large stanza: what the probe can write, others can.
constexpr std::size_t kProbeBytes = 64 << 10;
constexpr std::string_view kProbeKey = "storage-probe";

// How much the last group counts in the average.
constexpr double kAverageWeight = 1.0 / 16;

bool is_of_the_disk(const Error& error) {
  return error.kind == ErrorKind::no_space || error.kind == ErrorKind::io;
}

bool failed_on_disk(const Result<void, Error>& outcome) {
  return !outcome && is_of_the_disk(outcome.error());
}

Result<void, Error> closed() { return Err(Error{ErrorKind::closed, "the storage is closed"}); }

}  // namespace

GroupWriter::GroupWriter(std::unique_ptr<WriteSession> session, const Limits& limits, Hooks hooks)
    : limits_(limits), hooks_(std::move(hooks)), session_(std::move(session)), thread_([this] { run(); }) {}

WriteSeq GroupWriter::submit(WriteTag tag, std::unique_ptr<Job> job) {
  Write write{.tag = std::move(tag), .job = std::move(job), .outcome = {}, .refused = overloaded()};
  if (write.refused) {
    write.tag.bytes = 0;
    write.job->discard_work();
  }
  std::unique_lock lock(mutex_);
  if (closing_) {
    lock.unlock();
    write.job->finish(closed());
    return kNoWrite;
  }
  const WriteSeq seq = ++last_seq_;
  write.seq = seq;
  ++queued_writes_;
  queued_bytes_ += write.tag.bytes;
  queue_.push_back(std::move(write));
  lock.unlock();
  queue_changed_.notify_one();
  return seq;
}

bool GroupWriter::overloaded() const {
  return queued_writes_ >= limits_.tuning.max_queued_writes || queued_bytes_ >= limits_.max_queued_bytes;
}

void GroupWriter::suspect() {
  {
    const std::lock_guard lock(mutex_);
    suspected_ = true;
  }
  queue_changed_.notify_one();
}

bool GroupWriter::accepting() const { return state_ == State::ok && !overloaded(); }

bool GroupWriter::congested() const {
  return queued_writes_ >= std::min(limits_.tuning.pause_writes, limits_.tuning.max_queued_writes / 2) ||
         queued_bytes_ >= limits_.max_queued_bytes / 2;
}

Status GroupWriter::status() const {
  const std::lock_guard lock(mutex_);
  Status status = status_;
  status.queued_writes = queued_writes_;
  status.queued_bytes = queued_bytes_;
  return status;
}

void GroupWriter::run() {
  ::pthread_setname_np(::pthread_self(), "store-write");
  while (true) {
    std::vector<Write> batch = wait_for_writes();
    for (std::span<Write> rest = batch; !rest.empty();) rest = rest.subspan(write_group(rest));
    const bool suspected = suspected_.exchange(false);
    if (state_ == State::ok ? suspected : Clock::now() >= next_probe_) probe();
    const std::lock_guard lock(mutex_);
    if (closing_ && queue_.empty()) return;
  }
}

// Returns with none when the storage closes, or when it is time for a probe.
std::vector<GroupWriter::Write> GroupWriter::wait_for_writes() {
  std::unique_lock lock(mutex_);
  const auto awake = [this] { return closing_ || suspected_ || !queue_.empty(); };
  if (state_ == State::ok) {
    queue_changed_.wait(lock, awake);
  } else {
    queue_changed_.wait_until(lock, next_probe_, awake);
  }
  const auto count = std::min(queue_.size(), limits_.tuning.max_group_writes);
  const auto end = queue_.begin() + static_cast<std::ptrdiff_t>(count);
  std::vector<Write> batch(std::move_iterator(queue_.begin()), std::move_iterator(end));
  queue_.erase(queue_.begin(), end);
  return batch;
}

bool GroupWriter::past_deadline() const {
  const std::lock_guard lock(mutex_);
  return closing_ && Clock::now() > deadline_;
}

std::size_t GroupWriter::write_group(std::span<Write> writes) {
  if (past_deadline()) {
    for (Write& write : writes) write.outcome = closed();
    settle(writes);
    return writes.size();
  }
  const std::size_t count = commit_group(writes);
  settle(writes.first(count));
  [[maybe_unused]] const auto outcome = guarded([this] { session_->rest(); });
  return count;
}

std::size_t GroupWriter::commit_group(std::span<Write> writes) {
  for (const Isolation isolation : {Isolation::none, Isolation::savepoint}) {
    const auto committed = commit_together(writes, isolation);
    if (committed) return *committed;
    const auto& [tried, error, uncertain] = committed.error();
    if (uncertain) {
      for (Write& write : writes.first(tried)) write.outcome = Err(error);
      return tried;
    }
    if (is_of_the_disk(error)) break;
  }
  commit_one_by_one(writes);
  return writes.size();
}

Result<std::size_t, GroupWriter::Failed> GroupWriter::commit_together(std::span<Write> writes,
                                                                      Isolation isolation) {
  std::size_t count = 0;
  bool uncertain = false;
  auto outcome = guarded([&] {
    SessionTransaction transaction(*session_);
    // On a disk that commits slowly a group may take as long as the last commit, so that the disk stays the
    // limit.
    const auto until =
        Clock::now() + std::max<Clock::duration>(limits_.tuning.max_group_time, status_.last_commit);
    do {
      apply(writes[count++], isolation);
    } while (count < writes.size() && Clock::now() < until);
    try {
      commit(transaction, count);
    } catch (const Uncertain&) {
      uncertain = true;
      throw;
    }
  });
  if (!outcome)
    return Err(Failed{.writes = count, .error = std::move(outcome.error()), .uncertain = uncertain});
  return count;
}

// A transaction that failed at its COMMIT may be tried again even if it was the sync that failed: its pages
// are written to the log anew, where nothing counts that no commit has followed.
void GroupWriter::commit_one_by_one(std::span<Write> writes) {
  int failures = 0;
  for (Write& write : writes) {
    if (write.refused) continue;
    if (failures == kPatience) {
      write.outcome = Err(Error{ErrorKind::io, "not tried, because the writes before it failed"});
      continue;
    }
    write.outcome = guarded([&] {
      SessionTransaction transaction(*session_);
      write.job->perform(session_->stores());
      commit(transaction, 1);
    });
    const bool io = !write.outcome && write.outcome.error().kind == ErrorKind::io;
    failures = io ? failures + 1 : 0;
  }
}

void GroupWriter::apply(Write& write, Isolation isolation) {
  if (write.refused) return;
  if (isolation == Isolation::none) {
    write.job->perform(session_->stores());
    return;
  }
  session_->mark();
  write.outcome = guarded([&] {
    write.job->perform(session_->stores());
    session_->keep();
  });
  if (failed_on_disk(write.outcome)) throw Failure(write.outcome.error());
  if (!write.outcome) session_->undo();
}

void GroupWriter::commit(SessionTransaction& transaction, std::size_t writes) {
  const auto begin = Clock::now();
  transaction.commit();
  const auto took = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - begin);
  const std::lock_guard lock(mutex_);
  status_.last_commit = took;
  status_.log_bytes = session_->log_bytes();
  status_.cache_bytes = session_->cache_bytes();
  const auto size = static_cast<double>(writes);
  const bool first = status_.average_group == 0;
  status_.average_group = first ? size : std::lerp(status_.average_group, size, kAverageWeight);
}

void GroupWriter::settle(std::span<Write> writes) {
  const auto failed = std::ranges::find_if(writes, failed_on_disk, &Write::outcome);
  if (failed != writes.end()) {
    Error error = failed->outcome.error();
    if (!failed->tag.owner.empty())
      error.text = fmt::format("{}, writing for {}", error.text, failed->tag.owner);
    set_state(State::degraded, std::move(error));
  }
  hooks_.settled(writes.back().seq);
  for (Write& write : writes) {
    if (write.refused) write.outcome = Err(Error{ErrorKind::overloaded, "too many writes are waiting"});
    write.job->finish(std::move(write.outcome));
    write.job.reset();
    --queued_writes_;
    queued_bytes_ -= write.tag.bytes;
  }
  if (hooks_.events.group_end) hooks_.events.group_end();
}

void GroupWriter::probe() {
  next_probe_ = Clock::now() + limits_.tuning.probe_interval;
  const auto outcome = guarded([this] {
    for (const std::size_t bytes : {kProbeBytes, std::size_t{0}}) {
      SessionTransaction transaction(*session_);
      session_->stores().meta().put(kProbeKey, std::string(bytes, '\0'));
      transaction.commit();
    }
  });
  if (outcome) {
    set_state(State::ok, std::nullopt);
  } else {
    set_state(State::degraded, outcome.error());
  }
}

void GroupWriter::set_state(State state, std::optional<Error> error) {
  const auto now = Clock::now();
  const bool changed = state_.exchange(state) != state;
  const bool reminder = state == State::degraded && now >= next_report_;
  if (changed) next_probe_ = now + limits_.tuning.probe_interval;
  {
    const std::lock_guard lock(mutex_);
    status_.state = state;
    status_.error = std::move(error);
  }
  if (!changed && !reminder) return;
  next_report_ = now + limits_.tuning.reminder_interval;
  if (hooks_.events.state) hooks_.events.state(status());
}

void GroupWriter::close(Clock::time_point deadline) {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
    deadline_ = deadline;
  }
  queue_changed_.notify_one();
  if (thread_.joinable()) thread_.join();
  session_.reset();
}

}  // namespace vestnik::storage
