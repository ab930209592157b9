// XEP-0060 §8: nodes are made, configured, emptied and deleted.
#include "proto/pubsub/event.h"
#include "proto/xml/ns.h"
#include "proto/xml/writer.h"
#include "shard/features/pubsub/call.h"
#include "shard/pubsub/announce.h"

namespace vestnik::features::pubsub_calls {
namespace {

using pubsub::NodeState;
using pubsub::Refusal;

constexpr std::size_t kUriBytes = 2'048;

// A form in which an owner sees how a node behaves; `name` is the verb that asked.
std::string form_xml(std::string_view verb, std::string_view node, const pubsub::NodeConfig& config) {
  std::string xml;
  xml::Writer writer(xml);
  writer.open("pubsub", pubsub::kOwner).open(verb).attr_if("node", node);
  pubsub::write_config_form(writer, config);
  writer.close().close();
  return xml;
}

std::string created_xml(std::string_view node) {
  std::string xml;
  xml::Writer writer(xml);
  writer.open("pubsub", pubsub::kPubsub).open("create").attr("node", node).close().close();
  return xml;
}

}  // namespace

void create(IqRequest& request, xml::Element verb) {
  // §8.1.1: the service names a node that has no name.
  const bool named = !verb.attr_or_empty("node").empty();
  auto node = named ? node_of(request, verb) : std::optional(request.shard().new_id());
  if (!node) return;
  auto form = form_in(request, request.payload().child("configure"), pubsub::kNodeConfig);
  if (!form) return;
  const auto now = std::chrono::floor<std::chrono::milliseconds>(request.shard().reactor().wall_now());
  change(
      request, node->size(),
      [caller = caller_of(request), node = *node, fields = form->fields(), now](storage::PubsubStore& store) {
        return pubsub::create(store, caller, node, fields, now);
      },
      [node = *node](Answer answer, Result<void, Refusal> /*made*/) { answer.result(created_xml(node)); });
}

void default_config(IqRequest& request, xml::Element /*verb*/) {
  if (caller_of(request).peer.everywhere != pubsub::Affiliation::owner)
    return refuse(request, {.condition = StanzaCondition::forbidden});
  request.result(form_xml("default", {}, {}));
}

void show_config(IqRequest& request, xml::Element verb) {
  auto node = node_of(request, verb);
  if (!node) return;
  look(
      request,
      [caller = caller_of(request), node = *std::move(node)](storage::PubsubStore& store) {
        return pubsub::inspect(store, caller, node);
      },
      [](Answer answer, Result<NodeState, Refusal> state) {
        answer.result(form_xml("configure", state->name, state->config));
      });
}

void configure(IqRequest& request, xml::Element verb) {
  auto node = node_of(request, verb);
  if (!node) return;
  if (verb.child("x", ns::kDataForms).attr_or_empty("type") == "cancel") return request.result();
  auto form = form_in(request, verb, pubsub::kNodeConfig);
  if (!form) return;
  change(
      request, node->size(),
      [caller = caller_of(request), node = *std::move(node), fields = form->fields()](
          storage::PubsubStore& store) { return pubsub::configure(store, caller, node, fields); },
      [&shard = request.shard(), owner = request.account()->jid()](Answer answer,
                                                                   Result<NodeState, Refusal> state) {
        answer.result();
        const auto& config = state->config;
        std::string event;
        if (config.deliver_notifications && config.notify_config)
          event = pubsub::configured_event(state->name, config.deliver_payloads ? &config : nullptr);
        pubsub::changed(shard, owner, *std::move(state), std::move(event));
      });
}

void remove(IqRequest& request, xml::Element verb) {
  auto node = node_of(request, verb);
  if (!node) return;
  std::string redirect(verb.child("redirect").attr_or_empty("uri"));
  if (redirect.size() > kUriBytes)
    return refuse(request, {.condition = StanzaCondition::not_acceptable, .text = "this URI is too long"});
  change(
      request, node->size(),
      [caller = caller_of(request), node = *std::move(node)](storage::PubsubStore& store) {
        return pubsub::remove(store, caller, node);
      },
      [redirect = std::move(redirect), &shard = request.shard(), owner = request.account()->jid()](
          Answer answer, Result<NodeState, Refusal> state) {
        answer.result();
        std::string event;
        if (state->config.notify_delete) event = pubsub::deleted_event(state->name, redirect);
        pubsub::changed(shard, owner, *std::move(state), std::move(event));
      });
}

void purge(IqRequest& request, xml::Element verb) {
  auto node = node_of(request, verb);
  if (!node) return;
  change(
      request, node->size(),
      [caller = caller_of(request), node = *std::move(node)](storage::PubsubStore& store) {
        return pubsub::purge(store, caller, node);
      },
      [&shard = request.shard(), owner = request.account()->jid()](Answer answer,
                                                                   Result<NodeState, Refusal> state) {
        answer.result();
        std::string event;
        if (state->config.deliver_notifications && state->config.notify_retract)
          event = pubsub::purged_event(state->name);
        pubsub::changed(shard, owner, *std::move(state), std::move(event));
      });
}

}  // namespace vestnik::features::pubsub_calls
