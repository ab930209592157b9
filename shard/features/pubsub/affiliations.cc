// XEP-0060 §5.7, §8.9: what somebody may do at a node.
#include "proto/xml/writer.h"
#include "shard/features/pubsub/call.h"
#include "shard/pubsub/announce.h"

namespace vestnik::features::pubsub_calls {
namespace {

using pubsub::Affiliation;
using pubsub::NodeState;
using pubsub::Refusal;
using AffiliationChanges = std::vector<std::pair<std::string, Affiliation>>;

constexpr std::size_t kAffiliationChanges = 1'000;  // of one request

void write_affiliation(xml::Writer& writer, std::string_view attribute, std::string_view value,
                       Affiliation affiliation) {
  writer.open("affiliation").attr(attribute, value).attr("affiliation", to_string(affiliation)).close();
}

// §8.9.1: the owner is one of them.
std::string affiliations_xml(const NodeState& node, std::string_view owner) {
  std::string xml;
  xml::Writer writer(xml);
  writer.open("pubsub", pubsub::kOwner).open("affiliations").attr("node", node.name);
  write_affiliation(writer, "jid", owner, Affiliation::owner);
  for (const auto& one : node.affiliations)
    write_affiliation(writer, "jid", one.jid, static_cast<Affiliation>(one.affiliation));
  writer.close().close();
  return xml;
}

std::string own_affiliations_xml(const std::vector<storage::PubsubTie>& ties, std::string_view node) {
  std::string xml;
  xml::Writer writer(xml);
  writer.open("pubsub", pubsub::kPubsub).open("affiliations").attr_if("node", node);
  for (const auto& tie : ties) {
    if (node.empty() || tie.node == node)
      write_affiliation(writer, "node", tie.node, static_cast<Affiliation>(tie.value));
  }
  writer.close().close();
  return xml;
}

}  // namespace

void own_affiliations(IqRequest& request, xml::Element verb) {
  using Ties = Result<std::vector<storage::PubsubTie>, Refusal>;
  look(
      request,
      [caller = caller_of(request)](storage::PubsubStore& store) -> Ties {
        return pubsub::affiliations_of(store, caller);
      },
      [node = std::string(verb.attr_or_empty("node"))](Answer answer, Ties ties) {
        answer.result(own_affiliations_xml(*ties, node));
      });
}

void show_affiliations(IqRequest& request, xml::Element verb) {
  auto node = node_of(request, verb);
  if (!node) return;
  look(
      request,
      [caller = caller_of(request), node = *std::move(node)](storage::PubsubStore& store) {
        return pubsub::inspect(store, caller, node);
      },
      [owner = request.account()->jid().full()](Answer answer, Result<NodeState, Refusal> state) {
        answer.result(affiliations_xml(*state, owner));
      });
}

void change_affiliations(IqRequest& request, xml::Element verb) {
  auto node = node_of(request, verb);
  if (!node) return;
  AffiliationChanges changes;
  for (const xml::Element item : verb.children()) {
    const auto jid = Jid::parse(item.attr_or_empty("jid"));
    const auto affiliation = pubsub::parse_affiliation(item.attr_or_empty("affiliation"));
    if (!jid || !affiliation || changes.size() == kAffiliationChanges)
      return refuse(request,
                    {.condition = StanzaCondition::bad_request, .text = "an affiliation cannot be read"});
    changes.emplace_back(jid->bare(), *affiliation);
  }
  change(
      request, changes.size() * 64,
      [caller = caller_of(request), node = *std::move(node), changes](storage::PubsubStore& store) {
        return pubsub::set_affiliations(store, caller, node, changes);
      },
      [&shard = request.shard(), owner = request.account()->jid()](Answer answer,
                                                                   Result<NodeState, Refusal> state) {
        answer.result();
        pubsub::changed(shard, owner, *std::move(state), {});
      });
}

}  // namespace vestnik::features::pubsub_calls
