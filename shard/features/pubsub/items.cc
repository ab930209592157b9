// XEP-0060 §6.5: items are retrieved; §5: what there is to be retrieved.
#include <charconv>

#include "proto/base/datetime.h"
#include "proto/xep/dataform.h"
#include "proto/xml/ns.h"
#include "proto/xml/writer.h"
#include "shard/features/pubsub/call.h"
#include "shard/presence/presence.h"

namespace vestnik::features::pubsub_calls {
namespace {

using pubsub::Refusal;
using pubsub::Retrieval;
using pubsub::Retrieved;

constexpr std::string_view kDiscoItems = "http://jabber.org/protocol/disco#items";
constexpr std::size_t kAskedItems = 1'000;

constexpr Refusal kBadNumber{.condition = StanzaCondition::bad_request, .text = "max_items is a number"};
constexpr Refusal kTooMany{.condition = StanzaCondition::bad_request, .text = "these are too many items"};

std::optional<Refusal> read_number(xml::Element verb, Retrieval& retrieval) {
  const auto text = verb.attr("max_items");
  if (!text) return std::nullopt;
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
  if (error != std::errc{} || end != text->data() + text->size() || number == 0) return kBadNumber;
  retrieval.newest = number;
  return std::nullopt;
}

std::optional<Refusal> read_ids(xml::Element verb, Retrieval& retrieval) {
  for (const xml::Element item : verb.children()) {
    if (!item.is("item", pubsub::kPubsub)) continue;
    if (retrieval.ids.size() == kAskedItems) return kTooMany;
    retrieval.ids.emplace_back(item.attr_or_empty("id"));
  }
  return std::nullopt;
}

// The page that is asked for, beside or inside `<items/>`: §6.5.4 shows the former.
std::optional<Refusal> read_page(xml::Element parent, Retrieval& retrieval) {
  auto page = rsm::parse(parent);
  if (!page) return Refusal{.condition = page.error().condition, .text = "this page cannot be had"};
  retrieval.page = *std::move(page);
  return std::nullopt;
}

void write_page(xml::Writer& writer, const Retrieved& found, bool asked_for_page) {
  if (!asked_for_page && !found.left_out) return;
  const auto& items = found.items;
  rsm::write(writer, items.empty() ? std::string_view() : std::string_view(items.front().id),
             items.empty() ? std::string_view() : std::string_view(items.back().id), found.node.items);
}

std::string items_xml(const Retrieved& found, bool asked_for_page) {
  std::string xml;
  xml::Writer writer(xml);
  writer.open("pubsub", pubsub::kPubsub).open("items").attr("node", found.node.name);
  for (const auto& item : found.items) writer.open("item").attr("id", item.id).raw(item.payload).close();
  writer.close();
  write_page(writer, found, asked_for_page);
  writer.close();
  return xml;
}

bool is_page(const rsm::Request& page) { return page.max || page.after || page.before; }

std::string meta_data_xml(const pubsub::NodeState& node, std::string_view owner) {
  std::string xml;
  xml::Writer writer(xml);
  writer.open("query", ns::kDiscoInfo).attr("node", node.name);
  writer.open("identity").attr("category", "pubsub").attr("type", "leaf").attr_if("name", node.config.title);
  writer.close();
  for (const auto feature : {pubsub::kPubsub, ns::kDiscoInfo, kDiscoItems})
    writer.open("feature").attr("var", feature).close();
  std::vector<FormField> fields{{"pubsub#owner", {std::string(owner)}},
                                {"pubsub#num_subscribers", {std::to_string(node.subscriptions.size())}}};
  const auto add = [&](std::string_view var, const std::string& value) {
    if (!value.empty()) fields.push_back({std::string(var), {value}});
  };
  add("pubsub#title", node.config.title);
  add("pubsub#description", node.config.description);
  add("pubsub#type", node.config.type);
  add("pubsub#access_model", std::string(to_string(node.config.access)));
  add("pubsub#creation_date", format_utc(node.created_at));
  write_result_form(writer, pubsub::kMetaData, fields);
  writer.close();
  return xml;
}

std::string node_list_xml(const std::vector<pubsub::NodeState>& nodes, std::string_view owner) {
  std::string xml;
  xml::Writer writer(xml);
  writer.open("query", kDiscoItems);
  for (const auto& node : nodes) {
    writer.open("item").attr("jid", owner).attr("node", node.name).attr_if("name", node.config.title);
    writer.close();
  }
  writer.close();
  return xml;
}

}  // namespace

void retrieve(IqRequest& request, xml::Element verb) {
  auto node = node_of(request, verb);
  if (!node) return;
  Retrieval retrieval{.node = *std::move(node)};
  if (const auto bad = read_number(verb, retrieval)) return refuse(request, *bad);
  if (const auto bad = read_ids(verb, retrieval)) return refuse(request, *bad);
  if (const auto bad = read_page(request.payload(), retrieval)) return refuse(request, *bad);
  const bool asked_for_page = is_page(retrieval.page);
  look(
      request,
      [caller = caller_of(request), retrieval = std::move(retrieval)](storage::PubsubStore& store) {
        return pubsub::retrieve(store, caller, retrieval);
      },
      [asked_for_page](Answer answer, Result<Retrieved, Refusal> found) {
        answer.result(items_xml(*found, asked_for_page));
      });
}

void describe_node(IqRequest& request) {
  look(
      request,
      [caller = caller_of(request), node = std::string(request.payload().attr_or_empty("node"))](
          storage::PubsubStore& store) { return pubsub::visible_node(store, caller, node); },
      [owner = request.account()->jid().full()](Answer answer, Result<pubsub::NodeState, Refusal> node) {
        answer.result(meta_data_xml(*node, owner));
      });
}

void list_nodes(IqRequest& request) {
  // To a stranger an account without a node for everybody is one that does not exist.
  using Nodes = Result<std::vector<pubsub::NodeState>, Refusal>;
  const bool stranger = !presence::may_see(*request.account(), request.from());
  look(
      request,
      [caller = caller_of(request), stranger](storage::PubsubStore& store) -> Nodes {
        auto nodes = pubsub::visible_nodes(store, caller);
        if (nodes.empty() && stranger) return Err(Refusal{.condition = StanzaCondition::item_not_found});
        return nodes;
      },
      [owner = request.account()->jid().full()](Answer answer, Nodes nodes) {
        answer.result(node_list_xml(*nodes, owner));
      });
}

void list_items(IqRequest& request) {
  Retrieval retrieval{.node = std::string(request.payload().attr_or_empty("node"))};
  if (const auto bad = read_page(request.payload(), retrieval)) return refuse(request, *bad);
  const bool asked_for_page = is_page(retrieval.page);
  look(
      request,
      [caller = caller_of(request), retrieval = std::move(retrieval)](storage::PubsubStore& store) {
        return pubsub::retrieve(store, caller, retrieval);
      },
      [asked_for_page, owner = request.account()->jid().full()](Answer answer,
                                                                Result<Retrieved, Refusal> found) {
        std::string xml;
        xml::Writer writer(xml);
        writer.open("query", kDiscoItems).attr("node", found->node.name);
        for (const auto& item : found->items)
          writer.open("item").attr("jid", owner).attr("name", item.id).close();
        write_page(writer, *found, asked_for_page);
        writer.close();
        answer.result(xml);
      });
}

}  // namespace vestnik::features::pubsub_calls
