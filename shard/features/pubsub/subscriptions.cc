// XEP-0060 §6.1, §6.2, §5.6, §8.8: who is told of what happens at a node.
#include <algorithm>

#include "proto/pubsub/event.h"
#include "proto/xml/writer.h"
#include "shard/features/pubsub/call.h"
#include "shard/pubsub/announce.h"

namespace vestnik::features::pubsub_calls {
namespace {

using pubsub::NodeState;
using pubsub::Refusal;
using pubsub::Subscribed;
using pubsub::Subscription;
using SubscriptionChanges = std::vector<std::pair<std::string, Subscription>>;

constexpr std::size_t kSubscriptionChanges = 1'000;  // of one request

// The address that is to be subscribed or no more: the sender's, full or bare (§6.1.3.1).
std::optional<std::string> subscriber_of(IqRequest& request, xml::Element verb) {
  const auto jid = Jid::parse(verb.attr_or_empty("jid"));
  if (jid && (jid->view() == request.from() || jid->view() == request.from().to_bare())) return jid->full();
  refuse(request, {.condition = StanzaCondition::bad_request, .reason = "invalid-jid"});
  return std::nullopt;
}

void write_subscription(xml::Writer& writer, std::string_view node, std::string_view jid,
                        Subscription state) {
  writer.open("subscription").attr_if("node", node).attr("jid", jid).attr("subscription", to_string(state));
  writer.close();
}

std::string subscription_xml(std::string_view node, std::string_view jid, Subscription state) {
  std::string xml;
  xml::Writer writer(xml);
  writer.open("pubsub", pubsub::kPubsub);
  write_subscription(writer, node, jid, state);
  writer.close();
  return xml;
}

std::string subscribers_xml(const NodeState& node) {
  std::string xml;
  xml::Writer writer(xml);
  writer.open("pubsub", pubsub::kOwner).open("subscriptions").attr("node", node.name);
  for (const auto& one : node.subscriptions)
    write_subscription(writer, {}, one.jid, static_cast<Subscription>(one.state));
  writer.close().close();
  return xml;
}

std::string own_subscriptions_xml(const std::vector<storage::PubsubTie>& ties, std::string_view node) {
  std::string xml;
  xml::Writer writer(xml);
  writer.open("pubsub", pubsub::kPubsub).open("subscriptions").attr_if("node", node);
  for (const auto& tie : ties) {
    if (node.empty() || tie.node == node)
      write_subscription(writer, tie.node, tie.jid, static_cast<Subscription>(tie.value));
  }
  writer.close().close();
  return xml;
}

// What an owner wants to be changed; nothing, and the request is refused, if it cannot be read.
std::optional<SubscriptionChanges> read_changes(IqRequest& request, xml::Element verb) {
  SubscriptionChanges changes;
  for (const xml::Element item : verb.children()) {
    const auto jid = Jid::parse(item.attr_or_empty("jid"));
    const auto state = pubsub::parse_subscription(item.attr_or_empty("subscription"));
    if (!jid || !state || changes.size() == kSubscriptionChanges) {
      refuse(request, {.condition = StanzaCondition::bad_request, .text = "a subscription cannot be read"});
      return std::nullopt;
    }
    changes.emplace_back(jid->full(), *state);
  }
  return changes;
}

Subscription state_in(const NodeState& node, std::string_view jid) {
  const auto found = std::ranges::find(node.subscriptions, jid, &storage::PubsubSubscription::jid);
  return found == node.subscriptions.end() ? Subscription::none : static_cast<Subscription>(found->state);
}

}  // namespace

void no_options(IqRequest& request, xml::Element /*verb*/) {
  refuse(request, {.condition = StanzaCondition::feature_not_implemented,
                   .reason = "unsupported",
                   .feature = "subscription-options"});
}

void subscribe(IqRequest& request, xml::Element verb) {
  if (request.payload().child("options")) return no_options(request, verb);  // §6.3.7
  auto node = node_of(request, verb);
  if (!node) return;
  auto jid = subscriber_of(request, verb);
  if (!jid) return;
  change(
      request, node->size() + jid->size(),
      [caller = caller_of(request), node = *std::move(node), jid = *jid](storage::PubsubStore& store) {
        return pubsub::subscribe(store, caller, node, jid);
      },
      [jid = *jid, &shard = request.shard(), owner = request.account()->jid()](
          Answer answer, Result<Subscribed, Refusal> subscribed) {
        const NodeState& state = subscribed->node;
        answer.result(subscription_xml(state.name, jid, subscribed->state));
        if (subscribed->last)
          pubsub::send_item(shard, owner, JidView::of_canonical(jid), state, *subscribed->last);
        if (subscribed->is_new && subscribed->state == Subscription::pending)
          pubsub::ask_owner(shard, owner, state.name, jid);
      });
}

void unsubscribe(IqRequest& request, xml::Element verb) {
  auto node = node_of(request, verb);
  if (!node) return;
  auto jid = subscriber_of(request, verb);
  if (!jid) return;
  change(
      request, node->size() + jid->size(),
      [caller = caller_of(request), node = *std::move(node), jid = *std::move(jid)](
          storage::PubsubStore& store) { return pubsub::unsubscribe(store, caller, node, jid); },
      [](Answer answer, Result<void, Refusal> /*gone*/) { answer.result(); });
}

void own_subscriptions(IqRequest& request, xml::Element verb) {
  using Ties = Result<std::vector<storage::PubsubTie>, Refusal>;
  look(
      request,
      [caller = caller_of(request)](storage::PubsubStore& store) -> Ties {
        return pubsub::subscriptions_of(store, caller);
      },
      [node = std::string(verb.attr_or_empty("node"))](Answer answer, Ties ties) {
        answer.result(own_subscriptions_xml(*ties, node));
      });
}

void show_subscriptions(IqRequest& request, xml::Element verb) {
  auto node = node_of(request, verb);
  if (!node) return;
  look(
      request,
      [caller = caller_of(request), node = *std::move(node)](storage::PubsubStore& store) {
        return pubsub::inspect(store, caller, node);
      },
      [](Answer answer, Result<NodeState, Refusal> state) { answer.result(subscribers_xml(*state)); });
}

void change_subscriptions(IqRequest& request, xml::Element verb) {
  auto node = node_of(request, verb);
  if (!node) return;
  auto changes = read_changes(request, verb);
  if (!changes) return;
  change(
      request, changes->size() * 64,
      [caller = caller_of(request), node = *std::move(node), changes = *changes](
          storage::PubsubStore& store) { return pubsub::set_subscriptions(store, caller, node, changes); },
      [changes = *std::move(changes), &shard = request.shard(), owner = request.account()->jid()](
          Answer answer, Result<NodeState, Refusal> before) {
        answer.result();
        for (const auto& [jid, state] : changes) {  // §8.8.4
          if (state == state_in(*before, jid)) continue;
          pubsub::send_event(shard, owner, JidView::of_canonical(jid), before->config,
                             pubsub::subscription_event(before->name, jid, state));
        }
        pubsub::changed(shard, owner, *std::move(before), {});
      });
}

}  // namespace vestnik::features::pubsub_calls
