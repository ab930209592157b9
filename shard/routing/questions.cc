#include "shard/routing/questions.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "shard/shard.h"

namespace vestnik {
namespace {

constexpr std::size_t kMaxOpen = 10'000;

// `SHARD.NUMBER.RANDOM`: for the way back, for finding it, and so that nobody can guess it.
struct Id {
  ShardId shard = 0;
  std::uint64_t number = 0;

  static std::optional<Id> parse(std::string_view text) {
    Id id;
    const char* end = text.data() + text.size();
    const auto shard = std::from_chars(text.data(), end, id.shard);
    if (shard.ec != std::errc{} || shard.ptr == end || *shard.ptr != '.') return {};
    const auto number = std::from_chars(shard.ptr + 1, end, id.number);
    if (number.ec != std::errc{} || number.ptr == end || *number.ptr != '.') return {};
    return id;
  }
};

}  // namespace

Questions::Questions(Shard& shard) : shard_(shard), expiry_([this] { expire(); }) {}

bool Questions::ask(const Stanza& request, Answered answered) {
  if (open_.size() >= kMaxOpen) return false;
  const std::uint64_t number = ++last_number_;
  const std::string id = fmt::format("{}.{}.{}", shard_.id(), number, shard_.new_id());
  StanzaHead head = request.head();
  head.id = id;
  Stanza sent = request.with_head(head);
  shard_.route(sent.clone());
  const auto until = shard_.reactor().now() + shard_.config().components.answer_timeout;
  open_.emplace(number, Question{.request = std::move(sent),
                                 .id = std::string(request.id()),
                                 .answered = std::move(answered),
                                 .until = until});
  if (!expiry_.armed()) arm();
  return true;
}

void Questions::settle(const Stanza& answer) {
  const auto id = Id::parse(answer.id());
  const auto found = id ? open_.find(id->number) : open_.end();
  if (found == open_.end()) return;
  const Stanza& request = found->second.request;
  if (request.id() != answer.id() || request.to() != answer.from() || request.from() != answer.to()) return;
  Question question = std::move(found->second);
  open_.erase(found);
  StanzaHead head = answer.head();
  head.id = question.id;
  const Stanza original = answer.with_head(head);
  question.answered(&original);
}

std::optional<ShardId> Questions::asker(std::string_view id) {
  const auto parsed = Id::parse(id);
  if (!parsed) return {};
  return parsed->shard;
}

// In the order in which they were asked; a reload may have changed the time they get, which then counts from
// the first that is due.
void Questions::expire() {
  while (!open_.empty() && open_.begin()->second.until <= shard_.reactor().now()) {
    Question question = std::move(open_.begin()->second);
    open_.erase(open_.begin());
    question.answered(nullptr);
  }
  if (!open_.empty()) arm();
}

void Questions::arm() {
  const auto left = open_.begin()->second.until - shard_.reactor().now();
  shard_.reactor().set(expiry_, std::max(std::chrono::duration_cast<std::chrono::milliseconds>(left),
                                         std::chrono::milliseconds{100}));
}

}  // namespace vestnik
