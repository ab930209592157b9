#include "proto/pubsub/access.h"

#include <algorithm>
#include <array>

namespace vestnik::pubsub {
namespace {

constexpr std::array<std::string_view, 5> kAffiliations{"none", "owner", "publisher", "member", "outcast"};
constexpr std::array<std::string_view, 3> kSubscriptions{"none", "subscribed", "pending"};

template <typename Enum, std::size_t size>
std::optional<Enum> parse(const std::array<std::string_view, size>& names, std::string_view text) {
  const auto* const found = std::ranges::find(names, text);
  if (found == names.end()) return std::nullopt;
  return static_cast<Enum>(found - names.begin());
}

bool in_common(const std::vector<std::string>& groups, const std::vector<std::string>& allowed) {
  return std::ranges::any_of(
      groups, [&](const auto& group) { return std::ranges::find(allowed, group) != allowed.end(); });
}

Result<void, Refusal> by_model(const NodeConfig& config, const Peer& peer, Subscription subscription) {
  using enum StanzaCondition;
  switch (config.access) {
    case AccessModel::open: return {};
    case AccessModel::presence:
      if (peer.sees_presence) return {};
      return Err(Refusal{.condition = not_authorized, .reason = "presence-subscription-required"});
    case AccessModel::roster:
      if (peer.sees_presence && in_common(peer.groups, config.roster_groups)) return {};
      return Err(Refusal{.condition = not_authorized, .reason = "not-in-roster-group"});
    case AccessModel::authorize:
      if (subscription == Subscription::subscribed) return {};
      return Err(Refusal{.condition = not_authorized, .reason = "not-subscribed"});
    case AccessModel::whitelist: break;
  }
  return Err(Refusal{.condition = not_allowed, .reason = "closed-node"});
}

}  // namespace

std::string_view to_string(Affiliation affiliation) {
  return kAffiliations[static_cast<std::size_t>(affiliation)];
}
std::optional<Affiliation> parse_affiliation(std::string_view text) {
  return parse<Affiliation>(kAffiliations, text);
}

std::string_view to_string(Subscription subscription) {
  return kSubscriptions[static_cast<std::size_t>(subscription)];
}
std::optional<Subscription> parse_subscription(std::string_view text) {
  return parse<Subscription>(kSubscriptions, text);
}

Result<void, Refusal> may_read(const NodeConfig& config, const Peer& peer, Affiliation affiliation,
                               Subscription subscription) {
  switch (affiliation) {
    case Affiliation::owner:
    case Affiliation::publisher:
    case Affiliation::member: return {};
    case Affiliation::outcast: return Err(Refusal{.condition = StanzaCondition::forbidden});
    case Affiliation::none: break;
  }
  return by_model(config, peer, subscription);
}

bool may_publish(const NodeConfig& config, Affiliation affiliation, Subscription subscription) {
  if (affiliation == Affiliation::owner || affiliation == Affiliation::publisher) return true;
  if (affiliation == Affiliation::outcast) return false;
  return config.publish == PublishModel::open ||
         (config.publish == PublishModel::subscribers && subscription == Subscription::subscribed);
}

}  // namespace vestnik::pubsub
