#include "shard/component/delegations.h"

#include <algorithm>
#include <array>
#include <utility>

#include "proto/stanza/reply.h"
#include "proto/xep/forward.h"
#include "proto/xml/ns.h"
#include "proto/xml/writer.h"
#include "shard/shard.h"

namespace vestnik {
namespace {

constexpr std::string_view kDiscoItems = "http://jabber.org/protocol/disco#items";
// What comes before a delegated namespace in the name of the node that says what its component can do: for
// hosts, and for accounts.
constexpr std::string_view kForHosts = "urn:xmpp:delegation:2::";
constexpr std::string_view kForAccounts = "urn:xmpp:delegation:2:bare:";
// §7.2.4, §7.2.5: what accounts are asked about nodes that this server has nothing of, and for their items.
constexpr std::string_view kOtherInfo = "urn:xmpp:delegation:2:bare:disco#info:*";
constexpr std::string_view kOtherItems = "urn:xmpp:delegation:2:bare:disco#items:*";

// The namespace under which the request is delegated, if it is.
std::string_view delegated_as(const Account* account, xml::Element payload) {
  if (account == nullptr) return payload.ns();
  if (payload.is("query", kDiscoItems)) return kOtherItems;
  return payload.is("query", ns::kDiscoInfo) && payload.attr("node") ? kOtherInfo : payload.ns();
}

// §4.3: the payload of the result that the component sends, which must be the answer to `request` in all
// respects.
std::optional<std::string> unwrap(xml::Element answer, const Stanza& request) {
  const xml::Element inner = answer.child("delegation", Delegations::kNs)
                                 .child("forwarded", "urn:xmpp:forward:0")
                                 .child("iq", ns::kClient);
  if (!inner || inner.attr_or_empty("type") != "result" || inner.attr_or_empty("id") != request.id()) {
    return {};
  }
  if (Jid::parse(inner.attr_or_empty("to")) != Jid(request.from())) return {};
  const JidView asked = request.to().empty() ? request.from().to_bare() : request.to();
  if (const auto from = inner.attr("from"); from && Jid::parse(*from) != Jid(asked)) return {};
  std::string payload;
  if (const xml::Element first = inner.first_child()) xml::Writer(payload).copy(first, ns::kClient);
  return payload;
}

NestedDisco read_disco(xml::Element query) {
  NestedDisco nested;
  for (const xml::Element child : query.children()) {
    if (child.name() == "identity") {
      nested.identities.emplace(child.attr_or_empty("category"), child.attr_or_empty("type"),
                                child.attr_or_empty("name"));
    } else if (child.name() == "feature") {
      nested.vars.emplace(child.attr_or_empty("var"));
    } else if (child.is("x", ns::kDataForms)) {
      xml::Writer(nested.forms).copy(child, ns::kDiscoInfo);
    }
  }
  return nested;
}

// Whether a feature belongs to a namespace: it is it, or a part of it (`…pubsub#publish`).
bool belongs_to(std::string_view var, std::string_view ns) {
  return var == ns || (var.starts_with(ns) && var.substr(ns.size()).starts_with('#'));
}

}  // namespace

std::string Delegations::announcement(const ComponentConfig& component) {
  std::string xml;
  if (component.delegated.empty()) return xml;
  xml::Writer writer(xml);
  writer.open("delegation", kNs);
  for (const Delegation& delegation : component.delegated) {
    writer.open("delegated").attr("namespace", delegation.ns);
    for (const std::string& name : delegation.attributes) writer.open("attribute").attr("name", name).close();
    writer.close();
  }
  writer.close();
  return xml;
}

const Delegation* Delegations::find(std::string_view ns, const ComponentConfig** component) const {
  for (const ComponentConfig& one : shard_.config().component_list) {
    const auto found = std::ranges::find(one.delegated, ns, &Delegation::ns);
    if (found == one.delegated.end()) continue;
    *component = &one;
    return &*found;
  }
  return nullptr;
}

Verdict Delegations::forward(const Account* account, const HostConfig& host, const Stanza& request,
                             xml::Element payload) {
  const ComponentConfig* component = nullptr;
  const Delegation* delegation = find(delegated_as(account, payload), &component);
  if (delegation == nullptr) return Verdict::pass;
  const auto has = [&](const std::string& attribute) { return payload.attr(attribute).has_value(); };
  if (!std::ranges::all_of(delegation->attributes, has)) return Verdict::pass;
  // §4.3.1: its own requests are for this server, which it does more for than others may.
  if (request.from().domain() == component->name) return Verdict::pass;

  std::string carrier;
  xml::Writer writer(carrier);
  writer.open("delegation", kNs);
  write_forwarded(writer, request);
  writer.close();
  const Stanza question = Stanza::make({.kind = StanzaKind::iq,
                                        .type = StanzaType::set,
                                        .from = JidView::of_canonical(host.name),
                                        .to = JidView::of_canonical(component->name)},
                                       carrier);
  auto original = std::make_shared<const Stanza>(request.clone());
  const bool asked = shard_.questions().ask(question, [this, original](const Stanza* answer) {
    std::optional<std::string> result;
    if (answer != nullptr && answer->type() == StanzaType::result) {
      result = unwrap(DocumentLease(shard_, answer->wire()).root(), *original);
    }
    if (result) return shard_.route(make_result(*original, *result));
    shard_.bounce(*original, StanzaCondition::service_unavailable);
  });
  if (!asked) shard_.bounce(request, StanzaCondition::resource_constraint, "too many requests wait");
  return Verdict::handled;
}

// Disco

void Delegations::ask_for_disco(const ComponentConfig& component) {
  for (const Delegation& delegation : component.delegated) {
    for (const std::string_view prefix : {kForHosts, kForAccounts}) {
      ask_for_disco(component, std::string(prefix) + delegation.ns);
    }
  }
}

void Delegations::ask_for_disco(const ComponentConfig& component, const std::string& node) {
  std::string query;
  xml::Writer(query).open("query", ns::kDiscoInfo).attr("node", node).close();
  const Stanza question = Stanza::make({.kind = StanzaKind::iq,
                                        .type = StanzaType::get,
                                        .from = JidView::of_canonical(shard_.config().hosts.front().name),
                                        .to = JidView::of_canonical(component.name)},
                                       query);
  const bool asked = shard_.questions().ask(question, [this, node](const Stanza* answer) {
    if (answer == nullptr || answer->type() != StanzaType::result) return;
    const DocumentLease tree(shard_, answer->wire());
    const xml::Element query = tree.root().child("query", ns::kDiscoInfo);
    tell_all(node, std::make_shared<const NestedDisco>(read_disco(query)));
    shard_.log().info("component.disco_known", {{"node", node}});
  });
  if (!asked) shard_.log().warn("component.disco_unknown", {{"domain", component.name}, {"node", node}});
}

void Delegations::withdraw(const ComponentConfig& component) {
  for (const Delegation& delegation : component.delegated) {
    for (const std::string_view prefix : {kForHosts, kForAccounts}) {
      tell_all(std::string(prefix) + delegation.ns, nullptr);
    }
  }
}

void Delegations::tell_all(const std::string& node, const Nested& nested) {
  for (Shard* shard : shard_.services().shards) {
    shard->reactor().post([shard, node, nested] { shard->delegations().learn(node, nested); });
  }
}

void Delegations::learn(const std::string& node, Nested nested) {
  if (nested == nullptr) {
    nested_.erase(node);
  } else {
    nested_.insert_or_assign(node, std::move(nested));
  }
  ++version_;
}

void Delegations::nest(Scope scope, DiscoContent& content) const {
  const std::string_view prefix = scope == Scope::host ? kForHosts : kForAccounts;
  for (const ComponentConfig& component : shard_.config().component_list) {
    for (const Delegation& delegation : component.delegated) {
      std::erase_if(content.vars, [&](std::string_view var) { return belongs_to(var, delegation.ns); });
      const auto found = nested_.find(std::string(prefix) + delegation.ns);
      if (found == nested_.end()) continue;
      content.vars.insert(found->second->vars.begin(), found->second->vars.end());
      content.identities.insert(found->second->identities.begin(), found->second->identities.end());
      content.forms += found->second->forms;
    }
  }
}

}  // namespace vestnik
