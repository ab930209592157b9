#include "shard/stream_management/sleeping_link.h"

#include "shard/shard.h"

namespace vestnik {

SleepingLink::SleepingLink(Shard& shard, Session& session, std::chrono::milliseconds patience)
    : shard_(shard), session_(session), timer_([this] { abort(); }) {
  shard_.links().insert(this);
  extend(patience);
}

SleepingLink::~SleepingLink() { shard_.links().erase(this); }

void SleepingLink::extend(std::chrono::milliseconds patience) { shard_.reactor().set(timer_, patience); }

void SleepingLink::close(const StreamError& /*error*/) { abort(); }

// Takes this object with it.
void SleepingLink::abort() { shard_.end_session(session_, ""); }

void SleepingLink::host_may_be_gone() {
  if (!shard_.is_local(session_.jid().domain())) abort();
}

}  // namespace vestnik
