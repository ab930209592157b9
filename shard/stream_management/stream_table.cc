#include "shard/stream_management/stream_table.h"

#include <utility>

#include "shard/session/session.h"
#include "shard/shard.h"
#include "shard/stream_management/live_copy.h"

namespace vestnik {
namespace {

constexpr std::chrono::milliseconds kAnswerWithin{250};  // RULES 3
constexpr std::chrono::milliseconds kInsureAfter{300};   // likewise
constexpr std::chrono::milliseconds kAskWithin{3'000};   // what nobody waits for

}  // namespace

StreamTable::StreamTable(Shard& shard)
    : shard_(shard),
      answers_(shard.reactor(), kAnswerWithin,
               [this](std::uint64_t id) {
                 if (Session* session = find(id)) session->stream()->answer_now();
               }),
      asks_(shard.reactor(), kAskWithin,
            [this](std::uint64_t id) {
              Session* session = find(id);
              if (session == nullptr) return;
              session->stream()->ask_planned_ = false;
              session->stream()->ask_now();
            }),
      insurances_(shard.reactor(), kInsureAfter, [](const std::weak_ptr<LiveCopy>& waiting) {
        if (const auto copy = waiting.lock()) copy->insure();
      }) {}

void StreamTable::add(Session& session) { sessions_.emplace(session.id(), &session); }

void StreamTable::remove(const Session& session) { sessions_.erase(session.id()); }

Session* StreamTable::find(std::uint64_t session) const {
  const auto found = sessions_.find(session);
  return found == sessions_.end() ? nullptr : found->second;
}

void StreamTable::settle(const ReceiptToken& token) {
  if (Session* session = find(token.session)) session->stream()->settle(token);
}

void StreamTable::touched(const Session& session) { touched_.push_back(session.id()); }

void StreamTable::answer_later(const Session& session) { answers_.add(session.id()); }

void StreamTable::ask_later(Session& session) {
  if (!std::exchange(session.stream()->ask_planned_, true)) asks_.add(session.id());
}

void StreamTable::end_turn() {
  // Index loop: what ends here may touch others.
  for (std::size_t i = 0; i < touched_.size(); ++i) {
    Session* session = find(touched_[i]);
    if (session == nullptr) continue;
    session->stream()->end_turn();
    end_over_bounds(*session);
  }
  touched_.clear();
}

// At the end of the turn and not in the middle of a loop over an account's sessions.
void StreamTable::end_over_bounds(Session& session) {
  const auto& limits = shard_.config().limits;
  const UnackedQueue& queue = session.stream()->outgoing();
  if (queue.size() <= limits.unacked_stanzas && queue.bytes() <= limits.unacked_bytes) return;
  shard_.log().warn("stream.unacked_full",
                    {{"jid", session.jid()}, {"stanzas", queue.size()}, {"bytes", queue.bytes()}});
  session.link().close({StreamCondition::policy_violation, "too many stanzas wait to be acknowledged"});
}

}  // namespace vestnik
