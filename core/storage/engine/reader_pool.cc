#include "core/storage/engine/reader_pool.h"

#include <pthread.h>

#include <utility>

namespace vestnik::storage {
namespace {

// A connection may be lost in the middle of a read, and had again for the next.
constexpr int kAttempts = 2;

}  // namespace

ReaderPool::ReaderPool(std::vector<std::unique_ptr<Session>> sessions, std::size_t max_queued,
                       std::function<void()> trouble)
    : max_queued_(max_queued), trouble_(std::move(trouble)), sessions_(std::move(sessions)) {
  for (const auto& session : sessions_) {
    threads_.emplace_back([this, &session = *session] { run(session); });
  }
}

void ReaderPool::submit(WriteSeq after, std::unique_ptr<Job> job) {
  std::unique_lock lock(mutex_);
  if (closing_) {
    lock.unlock();
    job->finish(Err(Error{ErrorKind::closed, "the storage is closed"}));
    return;
  }
  const bool refused = ready_.size() + waiting_.size() >= max_queued_;
  if (refused) job->discard_work();
  if (after > settled_ && !refused) {
    waiting_.emplace(after, Read{std::move(job)});
    return;
  }
  ready_.push_back({std::move(job), refused});
  ready_changed_.notify_one();
}

void ReaderPool::settled(WriteSeq last) {
  const std::lock_guard lock(mutex_);
  settled_ = last;
  const auto end = waiting_.upper_bound(last);
  if (waiting_.begin() == end) return;
  for (auto read = waiting_.begin(); read != end; ++read) ready_.push_back(std::move(read->second));
  waiting_.erase(waiting_.begin(), end);
  ready_changed_.notify_all();
}

std::size_t ReaderPool::queued() const {
  const std::lock_guard lock(mutex_);
  return ready_.size() + waiting_.size();
}

void ReaderPool::run(Session& session) {
  ::pthread_setname_np(::pthread_self(), "store-read");
  std::unique_lock lock(mutex_);
  while (true) {
    ready_changed_.wait(lock, [this] { return closing_ || !ready_.empty(); });
    if (ready_.empty()) return;
    Read read = std::move(ready_.front());
    ready_.pop_front();
    const bool late = closing_ && Clock::now() > deadline_;
    lock.unlock();
    if (late) {
      read.job->finish(Err(Error{ErrorKind::closed, "the storage was closed before the read began"}));
    } else {
      perform(session, read);
    }
    read.job.reset();
    lock.lock();
  }
}

void ReaderPool::perform(Session& session, Read& read) {
  if (read.refused) {
    read.job->finish(Err(Error{ErrorKind::overloaded, "too many reads are waiting"}));
    return;
  }
  Result<void, Error> outcome;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    outcome = guarded([&] {
      // Without a transaction each query of the job would see a state of its own.
      SessionTransaction snapshot(session);
      read.job->perform(session.stores());
      snapshot.commit();
    });
    if (outcome || outcome.error().kind != ErrorKind::io) break;
  }
  if (!outcome && outcome.error().kind == ErrorKind::io) trouble_();
  read.job->finish(std::move(outcome));
}

void ReaderPool::close(Clock::time_point deadline) {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
    deadline_ = deadline;
    // No write is left that a read could wait for.
    for (auto& [after, read] : waiting_) ready_.push_back(std::move(read));
    waiting_.clear();
  }
  ready_changed_.notify_all();
  threads_.clear();
  sessions_.clear();
}

}  // namespace vestnik::storage
