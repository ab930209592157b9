#include "shard/session/session.h"

#include <utility>

namespace vestnik {

Session::Session(Account& account, Jid full, ClientLink& link, std::uint64_t id,
                 std::chrono::system_clock::time_point since)
    : account_(account), jid_(std::move(full)), link_(&link), id_(id), since_(since) {}

void Session::set_available(Stanza presence, int priority) {
  presence_ = std::move(presence);
  priority_ = priority;
}

void Session::set_unavailable() {
  presence_.reset();
  priority_ = 0;
}

}  // namespace vestnik
