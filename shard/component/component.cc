#include "shard/component/component.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "shard/component/component_stream.h"
#include "shard/component/delegations.h"
#include "shard/shard.h"

namespace vestnik {
namespace {

// Pairs of a component's user and somebody who has its presence.
constexpr std::size_t kMaxPresence = 1'000'000;

// How much a pair of addresses belongs to a stream: every pair goes to the stream for which this is most, so
// that one that comes or goes moves only the pairs that it gets or had (rendezvous hashing).
std::size_t weight(std::size_t pair, std::uint64_t stream) {
  std::uint64_t mixed = pair ^ (stream * 0x9e3779b97f4a7c15ULL);
  mixed = (mixed ^ (mixed >> 30U)) * 0xbf58476d1ce4e5b9ULL;
  mixed = (mixed ^ (mixed >> 27U)) * 0x94d049bb133111ebULL;
  return mixed ^ (mixed >> 31U);
}

}  // namespace

Component::Component(Shard& shard, std::string domain) : shard_(shard), domain_(std::move(domain)) {}
Component::~Component() = default;

void Component::deliver(Stanza stanza) {
  ComponentStream* stream = choose(stanza);
  if (stream == nullptr) {
    return shard_.bounce(stanza, StanzaCondition::service_unavailable,
                         fmt::format("{} is not connected to this server at the moment", domain_));
  }
  stream->give(std::move(stanza));
}

void Component::tell(Stanza stanza) {
  ComponentStream* stream = choose(stanza);
  if (stream == nullptr) return;
  if (stream->has_room_for(stanza)) return stream->give(std::move(stanza));
  shard_.log().warn("component.overheard_too_much", {{"domain", domain_}});
}

// A stream that has just come gets its pairs when nothing of them waits in those that were there before.
ComponentStream* Component::choose(const Stanza& stanza) const {
  if (streams_.size() < 2) return streams_.empty() ? nullptr : streams_.front();
  const std::hash<std::string_view> hash;
  const std::size_t pair = hash(stanza.from().bare()) * 31 + hash(stanza.to().bare());
  bool others_wait = false;
  ComponentStream* chosen = nullptr;
  std::size_t most = 0;
  for (ComponentStream* stream : streams_) {  // in the order in which they came
    if (!stream->takes_part() && others_wait) break;
    stream->take_part();
    others_wait = others_wait || stream->waiting_bytes() != 0;
    const std::size_t mine = weight(pair, stream->number());
    if (chosen != nullptr && mine <= most) continue;
    chosen = stream;
    most = mine;
  }
  return chosen;
}

bool Component::note_presence(const Stanza& presence) {
  std::pair key(std::string(presence.from().full()), std::string(presence.to().full()));
  if (presence.type() == StanzaType::unavailable) presence_.erase(key);
  if (presence.type() != StanzaType::available) return true;
  if (presence_.size() >= kMaxPresence && !presence_.contains(key)) return false;
  presence_.insert(std::move(key));
  return true;
}

std::optional<std::uint64_t> Component::add(ComponentStream& stream) {
  if (streams_.size() >= shard_.config().components.connections) return {};
  streams_.push_back(&stream);
  return ++last_number_;
}

void Component::remove(ComponentStream& stream) {
  if (std::erase(streams_, &stream) == 0 || !streams_.empty()) return;
  end_presence();
  if (const ComponentConfig* config = shard_.config().component(domain_))
    shard_.delegations().withdraw(*config);
}

void Component::end_presence() {
  for (const auto& [from, to] : std::exchange(presence_, {})) {
    shard_.route(Stanza::make({.kind = StanzaKind::presence,
                               .type = StanzaType::unavailable,
                               .from = JidView::of_canonical(from),
                               .to = JidView::of_canonical(to)},
                              ""));
  }
}

Component& ComponentTable::of(std::string_view domain) {
  const auto found = components_.find(domain);
  if (found != components_.end()) return *found->second;
  auto made = std::make_unique<Component>(shard_, std::string(domain));
  return *components_.emplace(domain, std::move(made)).first->second;
}

}  // namespace vestnik
