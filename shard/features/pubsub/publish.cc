// XEP-0060 §7: items are published and removed.
#include "proto/pubsub/event.h"
#include "proto/xml/writer.h"
#include "shard/features/pubsub/call.h"
#include "shard/pubsub/announce.h"

namespace vestnik::features::pubsub_calls {
namespace {

using pubsub::Publication;
using pubsub::Refusal;

constexpr std::size_t kIdBytes = 1'023;

constexpr Refusal kItemRequired{.condition = StanzaCondition::bad_request, .reason = "item-required"};
constexpr Refusal kBadId{.condition = StanzaCondition::bad_request, .text = "this item id is too long"};

// Adds the one item that a request may have (§7.1.3.6), if it is sound.
std::optional<Refusal> read_item(IqRequest& request, xml::Element verb, Publication& publication) {
  publication.item.publisher = request.from().full();
  publication.item.published_at =
      std::chrono::floor<std::chrono::milliseconds>(request.shard().reactor().wall_now());
  const xml::Element item = verb.child("item");
  if (!item) return std::nullopt;
  const xml::Element payload = item.first_child();
  if (verb.child_count() > 1)
    return Refusal{.condition = StanzaCondition::bad_request, .text = "items are published one by one"};
  if (payload && payload.next())
    return Refusal{.condition = StanzaCondition::bad_request, .reason = "invalid-payload"};
  publication.has_item = true;
  publication.item.id = item.attr_or_empty("id");
  if (publication.item.id.empty()) publication.item.id = request.shard().new_id();
  if (publication.item.id.size() > kIdBytes) return kBadId;
  publication.payload_ns = payload.ns();
  xml::Writer(publication.item.payload).copy(payload, {});
  return std::nullopt;
}

std::string published_xml(const Publication& publication) {
  std::string xml;
  xml::Writer writer(xml);
  writer.open("pubsub", pubsub::kPubsub).open("publish").attr("node", publication.node);
  if (publication.has_item) writer.open("item").attr("id", publication.item.id).close();
  writer.close().close();
  return xml;
}

std::string event_of(const pubsub::NodeState& node, const Publication& publication) {
  if (!publication.has_item) return pubsub::published_event(node.name, {}, {});
  return pubsub::published_event(
      node.name, publication.item.id,
      node.config.deliver_payloads ? std::string_view(publication.item.payload) : std::string_view());
}

}  // namespace

void publish(IqRequest& request, xml::Element verb) {
  auto node = node_of(request, verb);
  if (!node) return;
  auto options = form_in(request, request.payload().child("publish-options"), pubsub::kPublishOptions);
  if (!options) return;
  Publication publication{.node = *std::move(node), .preconditions = options->fields()};
  if (const auto unsound = read_item(request, verb, publication)) return refuse(request, *unsound);

  const std::size_t bytes = publication.item.payload.size() + publication.node.size();
  const auto shared = std::make_shared<const Publication>(std::move(publication));
  change(
      request, bytes,
      [caller = caller_of(request), shared](storage::PubsubStore& store) {
        return pubsub::publish(store, caller, *shared);
      },
      [shared, &shard = request.shard(), owner = request.account()->jid()](
          Answer answer, Result<pubsub::NodeState, Refusal> node) {
        answer.result(published_xml(*shared));
        std::string event;
        if (node->config.deliver_notifications) event = event_of(*node, *shared);
        pubsub::changed(shard, owner, *std::move(node), std::move(event));
      });
}

void retract(IqRequest& request, xml::Element verb) {
  auto node = node_of(request, verb);
  if (!node) return;
  std::string id(verb.child("item").attr_or_empty("id"));
  if (id.empty()) return refuse(request, kItemRequired);
  if (verb.child_count() > 1)
    return refuse(request,
                  {.condition = StanzaCondition::bad_request, .text = "items are removed one by one"});
  // §7.2.1: the request decides whether subscribers hear of it, else the node does.
  const auto notify = verb.attr("notify");
  const std::optional<bool> wish = notify ? std::optional(*notify == "1" || *notify == "true") : std::nullopt;
  change(
      request, node->size() + id.size(),
      [caller = caller_of(request), node = *std::move(node), id](storage::PubsubStore& store) {
        return pubsub::retract(store, caller, node, id);
      },
      [id, wish, &shard = request.shard(), owner = request.account()->jid()](
          Answer answer, Result<pubsub::NodeState, Refusal> state) {
        answer.result();
        std::string event;
        if (state->config.deliver_notifications && wish.value_or(state->config.notify_retract))
          event = pubsub::retracted_event(state->name, id);
        pubsub::changed(shard, owner, *std::move(state), std::move(event));
      });
}

}  // namespace vestnik::features::pubsub_calls
