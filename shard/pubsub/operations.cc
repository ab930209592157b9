#include "shard/pubsub/operations.h"

#include <algorithm>

#include "proto/jid/jid.h"

namespace vestnik::pubsub {
namespace {

using storage::PubsubItem;
using storage::PubsubRange;
using storage::PubsubStore;

// An answer is one stanza, and other servers do not take larger ones.
constexpr std::size_t kAnswerBytes = 480U << 10U;
constexpr std::size_t kAnswerItems = 2'000;
constexpr std::size_t kItemOverhead = 64;
constexpr std::size_t kUnaskedBytes = 16U << 10U;  // of a last item
constexpr std::size_t kTies = 5'000;               // affiliations, and subscriptions, of a node

constexpr Refusal kNoSuchNode{.condition = StanzaCondition::item_not_found, .text = "there is no such node"};
constexpr Refusal kForbidden{.condition = StanzaCondition::forbidden};
constexpr Refusal kNotPersistent{.condition = StanzaCondition::feature_not_implemented,
                                 .reason = "unsupported",
                                 .feature = "persistent-items"};

constexpr Refusal kTooManyTies{.condition = StanzaCondition::policy_violation,
                               .reason = "too-many-subscriptions"};

std::optional<NodeState> find_state(PubsubStore& store, const Caller& caller, std::string_view node) {
  const auto found = store.find(caller.service, node);
  if (!found) return std::nullopt;
  return load_state(store, *found);
}

constexpr Refusal kPrecondition{.condition = StanzaCondition::conflict, .reason = "precondition-not-met"};

Result<void, Refusal> may_create(PubsubStore& store, const Caller& caller) {
  if (caller.peer.everywhere != Affiliation::owner) return Err(kForbidden);
  if (store.usage(caller.service).nodes < caller.quota.nodes) return {};
  return Err(Refusal{.condition = StanzaCondition::resource_constraint, .text = "there are too many nodes"});
}

// The node that a publication makes if there is none (§7.1.4, §7.1.5).
Result<NodeState, Refusal> auto_created(PubsubStore& store, const Caller& caller,
                                        const Publication& publication) {
  if (caller.peer.everywhere != Affiliation::owner) return Err(kNoSuchNode);
  if (const auto allowed = may_create(store, caller); !allowed) return Err(allowed.error());
  NodeState node{.name = publication.node};
  const auto applied = apply(node.config, publication.preconditions, caller.limits());
  if (!applied) return Err(applied.error());
  if (!meets(node.config, publication.preconditions)) return Err(kPrecondition);
  return node;
}

// The node that is published to, if it is as the publisher thinks; a new one is not in the store yet.
Result<NodeState, Refusal> target_of(PubsubStore& store, const Caller& caller,
                                     const Publication& publication) {
  auto node = find_state(store, caller, publication.node);
  if (!node) return auto_created(store, caller, publication);
  if (!may_publish(node->config, node->affiliation(caller.peer), node->subscription(caller.peer)))
    return Err(kForbidden);
  if (!meets(node->config, publication.preconditions)) return Err(kPrecondition);
  return *std::move(node);
}

// Whether the node takes an item, or no item, with such a payload (§7.1.3.3, §7.1.3.6).
Result<void, Refusal> check_item(const NodeConfig& config, const Publication& publication) {
  const auto bad = [](std::string_view reason) {
    return Err(Refusal{.condition = StanzaCondition::bad_request, .reason = reason});
  };
  const bool wants_item = config.persist_items || config.deliver_payloads;
  if (publication.has_item != wants_item) return bad(wants_item ? "item-required" : "item-forbidden");
  if (!publication.has_item) return {};
  if (publication.payload_ns.empty() && config.deliver_payloads) return bad("payload-required");
  const bool fits = config.type.empty() || config.type == publication.payload_ns;
  if (!fits) return bad("invalid-payload");
  return {};
}

Result<void, Refusal> check_bytes(PubsubStore& store, const Caller& caller, const PubsubItem& item,
                                  const std::optional<PubsubItem>& old) {
  const auto size = [](const PubsubItem& one) { return one.id.size() + one.payload.size(); };
  const std::uint64_t held = store.usage(caller.service).bytes - (old ? size(*old) : 0);
  if (held + size(item) <= caller.quota.bytes) return {};
  return Err(
      Refusal{.condition = StanzaCondition::resource_constraint, .text = "there is no space left for items"});
}

// Puts the item where it belongs; the oldest make room for it (§7.1.2).
void keep(PubsubStore& store, const Caller& caller, const NodeState& node, const PubsubItem& item,
          bool replaces) {
  store.put_item(node.id, item);
  const std::uint64_t held = node.items + (replaces ? 0 : 1);
  const std::uint64_t room = std::min(node.config.max_items, caller.quota.items);
  if (held <= room) return;
  for (const auto& old : store.items(node.id, {.limit = held - room})) store.remove_item(node.id, old.id);
}

// The bytes that fit into an answer, from the side on which reading begins. True: something was left out.
bool cut(std::vector<PubsubItem>& items, bool from_newest) {
  if (from_newest) std::ranges::reverse(items);
  std::size_t bytes = 0;
  const auto fits = [&](const PubsubItem& item) {
    bytes += item.id.size() + item.payload.size() + kItemOverhead;
    return bytes <= kAnswerBytes;
  };
  auto end = std::ranges::find_if_not(items, fits);
  if (end == items.begin() && end != items.end()) ++end;
  const bool left_out = end != items.end();
  items.erase(end, items.end());
  if (from_newest) std::ranges::reverse(items);
  return left_out;
}

// The bounds of a page; none: they name an item that there is not.
std::optional<PubsubRange> range_of(PubsubStore& store, const NodeState& node, const Retrieval& retrieval) {
  const rsm::Request& page = retrieval.page;
  PubsubRange range{.limit = std::min<std::size_t>(page.max.value_or(kAnswerItems), kAnswerItems)};
  if (page.after && !page.after->empty()) {
    const auto item = store.item(node.id, *page.after);
    if (!item) return std::nullopt;
    range.after = item->position;
  }
  if (page.before) {
    range.newest = true;
    if (page.before->empty()) return range;
    const auto item = store.item(node.id, *page.before);
    if (!item) return std::nullopt;
    range.before = item->position;
  }
  if (retrieval.newest) {
    range.newest = true;
    range.limit = std::min<std::size_t>(*retrieval.newest, range.limit);
  }
  return range;
}

// What came of a request to subscribe; with it goes the last item, if the subscriber is to have it.
Subscribed subscribed_to(PubsubStore& store, NodeState node, Subscription state, bool is_new) {
  Subscribed subscribed{.node = std::move(node), .state = state, .is_new = is_new, .last = {}};
  const bool sends =
      subscribed.node.config.send_last != SendLast::never && subscribed.node.config.deliver_notifications;
  if (!is_new || state != Subscription::subscribed || !sends) return subscribed;
  auto items = store.items(subscribed.node.id, {.limit = 1, .newest = true});
  if (!items.empty()) subscribed.last = std::move(items.front());
  return subscribed;
}

Result<NodeState, Refusal> owned(PubsubStore& store, const Caller& caller, std::string_view node) {
  auto state = find_state(store, caller, node);
  if (!state) return Err(kNoSuchNode);
  if (state->affiliation(caller.peer) != Affiliation::owner) return Err(kForbidden);
  return *std::move(state);
}

}  // namespace

Result<NodeState, Refusal> publish(PubsubStore& store, const Caller& caller, const Publication& publication) {
  const PubsubItem& item = publication.item;
  auto node = target_of(store, caller, publication);
  if (!node) return Err(node.error());
  if (const auto sound = check_item(node->config, publication); !sound) return Err(sound.error());
  const bool is_new = node->id == 0;
  const auto old = is_new ? std::nullopt : store.item(node->id, item.id);
  if (node->config.persist_items) {
    if (const auto fits = check_bytes(store, caller, item, old); !fits) return Err(fits.error());
  }
  if (is_new) node->id = store.create(caller.service, node->name, to_stored(node->config), item.published_at);
  if (node->config.persist_items) keep(store, caller, *node, item, old.has_value());
  return node;
}

Result<NodeState, Refusal> retract(PubsubStore& store, const Caller& caller, std::string_view node,
                                   std::string_view item) {
  auto state = find_state(store, caller, node);
  if (!state) return Err(kNoSuchNode);
  const Affiliation affiliation = state->affiliation(caller.peer);
  const bool owner = affiliation == Affiliation::owner;
  if (!owner && !may_publish(state->config, affiliation, state->subscription(caller.peer)))
    return Err(kForbidden);
  if (!state->config.persist_items) return Err(kNotPersistent);
  const auto stored = store.item(state->id, item);
  if (!stored)
    return Err(Refusal{.condition = StanzaCondition::item_not_found, .text = "there is no such item"});
  if (!owner && JidView::of_canonical(stored->publisher).bare() != caller.peer.jid) return Err(kForbidden);
  store.remove_item(state->id, item);
  return *std::move(state);
}

Result<void, Refusal> create(PubsubStore& store, const Caller& caller, std::string_view node,
                             const std::vector<FormField>& fields, storage::UnixMillis now) {
  if (const auto allowed = may_create(store, caller); !allowed) return allowed;
  if (store.find(caller.service, node))
    return Err(Refusal{.condition = StanzaCondition::conflict, .text = "there is such a node already"});
  NodeConfig config;
  if (const auto applied = apply(config, fields, caller.limits()); !applied) return applied;
  store.create(caller.service, node, to_stored(config), now);
  return {};
}

Result<NodeState, Refusal> inspect(PubsubStore& store, const Caller& caller, std::string_view node) {
  return owned(store, caller, node);
}

Result<NodeState, Refusal> configure(PubsubStore& store, const Caller& caller, std::string_view node,
                                     const std::vector<FormField>& fields) {
  auto state = owned(store, caller, node);
  if (!state) return state;
  if (const auto applied = apply(state->config, fields, caller.limits()); !applied)
    return Err(applied.error());
  store.configure(state->id, to_stored(state->config));
  if (!state->config.persist_items) store.purge(state->id);
  const std::uint64_t room = std::min(state->config.max_items, caller.quota.items);
  if (state->items > room) {
    for (const auto& old : store.items(state->id, {.limit = state->items - room}))
      store.remove_item(state->id, old.id);
  }
  return state;
}

Result<NodeState, Refusal> remove(PubsubStore& store, const Caller& caller, std::string_view node) {
  auto state = owned(store, caller, node);
  if (state) store.remove(state->id);
  return state;
}

Result<NodeState, Refusal> purge(PubsubStore& store, const Caller& caller, std::string_view node) {
  auto state = owned(store, caller, node);
  if (!state) return state;
  if (!state->config.persist_items) return Err(kNotPersistent);
  store.purge(state->id);
  return state;
}

Result<NodeState, Refusal> set_affiliations(PubsubStore& store, const Caller& caller, std::string_view node,
                                            const std::vector<std::pair<std::string, Affiliation>>& changes) {
  auto state = owned(store, caller, node);
  if (!state) return state;
  for (const auto& [jid, affiliation] : changes) {
    // The one owner of an account's nodes is the account.
    const bool of_owner = jid == caller.service;
    if (of_owner || affiliation == Affiliation::owner)
      return Err(Refusal{.condition = StanzaCondition::not_acceptable,
                         .text = "the account is the one owner of its nodes"});
  }
  if (state->affiliations.size() + changes.size() > kTies) return Err(kTooManyTies);
  for (const auto& [jid, affiliation] : changes) {
    store.set_affiliation(state->id, jid, static_cast<int>(affiliation));
    if (affiliation != Affiliation::outcast) continue;
    for (const auto& one : state->subscriptions) {  // §4.1: an outcast is not subscribed
      if (JidView::of_canonical(one.jid).bare() == jid) store.set_subscription(state->id, one.jid, 0);
    }
  }
  return state;
}

Result<NodeState, Refusal> set_subscriptions(
    PubsubStore& store, const Caller& caller, std::string_view node,
    const std::vector<std::pair<std::string, Subscription>>& changes) {
  auto state = owned(store, caller, node);
  if (!state) return state;
  if (state->subscriptions.size() + changes.size() > kTies) return Err(kTooManyTies);
  for (const auto& [jid, subscription] : changes)
    store.set_subscription(state->id, jid, static_cast<int>(subscription));
  return state;
}

Result<Subscribed, Refusal> subscribe(PubsubStore& store, const Caller& caller, std::string_view node,
                                      const std::string& jid) {
  auto state = find_state(store, caller, node);
  if (!state) return Err(kNoSuchNode);
  const Affiliation affiliation = state->affiliation(caller.peer);
  const auto found = std::ranges::find(state->subscriptions, jid, &storage::PubsubSubscription::jid);
  const auto known =
      found == state->subscriptions.end() ? Subscription::none : static_cast<Subscription>(found->state);
  if (known == Subscription::pending)
    return Err(Refusal{.condition = StanzaCondition::not_authorized, .reason = "pending-subscription"});
  auto wanted = Subscription::subscribed;
  if (const auto allowed = may_read(state->config, caller.peer, affiliation, known); !allowed) {
    if (allowed.error().reason != "not-subscribed") return Err(allowed.error());
    wanted = Subscription::pending;
  }
  if (known == Subscription::none) {
    if (state->subscriptions.size() >= kTies) return Err(kTooManyTies);
    store.set_subscription(state->id, jid, static_cast<int>(wanted));
    state->subscriptions.push_back({.jid = jid, .state = static_cast<int>(wanted)});
  }
  return subscribed_to(store, *std::move(state), wanted, known == Subscription::none);
}

Result<Subscribed, Refusal> decide(PubsubStore& store, const Caller& caller, std::string_view node,
                                   const std::string& jid, bool allowed) {
  auto state = owned(store, caller, node);
  if (!state) return Err(state.error());
  const auto found = std::ranges::find(state->subscriptions, jid, &storage::PubsubSubscription::jid);
  if (found == state->subscriptions.end() || found->state != static_cast<int>(Subscription::pending))
    return Err(Refusal{.condition = StanzaCondition::item_not_found, .text = "nobody waits for this"});
  const auto decided = allowed ? Subscription::subscribed : Subscription::none;
  found->state = static_cast<int>(decided);
  store.set_subscription(state->id, jid, found->state);
  return subscribed_to(store, *std::move(state), decided, true);
}

Result<void, Refusal> unsubscribe(PubsubStore& store, const Caller& caller, std::string_view node,
                                  const std::string& jid) {
  const auto state = find_state(store, caller, node);
  if (!state) return Err(kNoSuchNode);
  if (std::ranges::find(state->subscriptions, jid, &storage::PubsubSubscription::jid) ==
      state->subscriptions.end())
    return Err(Refusal{.condition = StanzaCondition::unexpected_request, .reason = "not-subscribed"});
  store.set_subscription(state->id, jid, 0);
  return {};
}

std::vector<storage::PubsubTie> subscriptions_of(PubsubStore& store, const Caller& caller) {
  return store.subscriptions_of(caller.service, caller.peer.jid);
}

std::vector<storage::PubsubTie> affiliations_of(PubsubStore& store, const Caller& caller) {
  return store.affiliations_of(caller.service, caller.peer.jid);
}

Result<Retrieved, Refusal> retrieve(PubsubStore& store, const Caller& caller, const Retrieval& retrieval) {
  auto node = find_state(store, caller, retrieval.node);
  if (!node) return Err(kNoSuchNode);
  if (const auto allowed = node->may_read(caller.peer); !allowed) return Err(allowed.error());
  Retrieved retrieved{.node = *std::move(node), .items = {}};
  if (!retrieval.ids.empty()) {
    for (const auto& id : retrieval.ids) {
      if (auto item = store.item(retrieved.node.id, id)) retrieved.items.push_back(*std::move(item));
    }
    retrieved.left_out = cut(retrieved.items, false);
    return retrieved;
  }
  const auto range = range_of(store, retrieved.node, retrieval);
  if (!range)
    return Err(Refusal{.condition = StanzaCondition::item_not_found, .text = "there is no such item"});
  retrieved.items = store.items(retrieved.node.id, *range);
  const bool short_of_all = !retrieval.newest && retrieved.items.size() < retrieved.node.items;
  retrieved.left_out = cut(retrieved.items, range->newest) || short_of_all;
  return retrieved;
}

LastItems last_items(PubsubStore& store, std::string_view service, const std::vector<std::string>& nodes) {
  LastItems last{.items = {}, .has_nodes = !store.list(service, {}, 1).empty()};
  if (!last.has_nodes) return last;
  for (const auto& name : nodes) {
    const auto found = store.find(service, name);
    if (!found || found->items == 0) continue;
    NodeState node = load_state(store, *found);
    if (node.config.send_last != SendLast::on_sub_and_presence || !node.config.deliver_notifications)
      continue;
    auto items = store.items(node.id, {.limit = 1, .newest = true});
    if (items.empty()) continue;
    if (items.front().payload.size() > kUnaskedBytes) items.front().payload.clear();
    last.items.push_back({std::move(node), std::move(items.front())});
  }
  return last;
}

std::vector<NodeState> visible_nodes(PubsubStore& store, const Caller& caller) {
  std::vector<NodeState> visible;
  for (const auto& node : store.list(caller.service, {}, caller.quota.nodes)) {
    NodeState state = load_state(store, node);
    if (state.may_read(caller.peer)) visible.push_back(std::move(state));
  }
  return visible;
}

Result<NodeState, Refusal> visible_node(PubsubStore& store, const Caller& caller, std::string_view node) {
  auto state = find_state(store, caller, node);
  if (!state) return Err(kNoSuchNode);
  if (const auto allowed = state->may_read(caller.peer); !allowed) return Err(allowed.error());
  return *std::move(state);
}

}  // namespace vestnik::pubsub
