#include "shard/component/privileges.h"

#include <algorithm>

#include "proto/xep/forward.h"
#include "proto/xml/ns.h"
#include "proto/xml/writer.h"

namespace vestnik::privileges {
namespace {

constexpr std::string_view kForward = "urn:xmpp:forward:0";

// §6.3: by the namespace and the type of the request.
bool may_ask(const ComponentConfig& component, StanzaType type, std::string_view ns) {
  return std::ranges::any_of(component.requests, [&](const IqPrivilege& privilege) {
    return privilege.ns == ns && allows(privilege.access, type);
  });
}

}  // namespace

const ComponentConfig* privileged(const Config& config, std::string_view domain) {
  if (!config.feature_enabled("privileges")) return nullptr;
  const ComponentConfig* component = config.component(domain);
  return component != nullptr && component->is_privileged() ? component : nullptr;
}

bool allows(IqAccess access, StanzaType type) {
  return access == IqAccess::both || access == (type == StanzaType::set ? IqAccess::set : IqAccess::get);
}

std::string announcement(const ComponentConfig& component) {
  std::string xml;
  if (!component.is_privileged()) return xml;
  xml::Writer writer(xml);
  writer.open("privilege", kNs);
  if (component.roster != IqAccess::none) {
    writer.open("perm").attr("access", "roster").attr("type", to_string(component.roster));
    writer.attr("push", component.hears_pushes() ? "true" : "false").close();
  }
  if (component.messages) writer.open("perm").attr("access", "message").attr("type", "outgoing").close();
  if (!component.requests.empty()) {
    writer.open("perm").attr("access", "iq");
    for (const IqPrivilege& one : component.requests) {
      writer.open("namespace").attr("ns", one.ns).attr("type", to_string(one.access)).close();
    }
    writer.close();
  }
  if (component.presence) {
    writer.open("perm").attr("access", "presence").attr("type", "managed_entity").close();
  }
  writer.close();
  return xml;
}

Result<Stanza, std::string> unwrap(xml::Element carrier, std::string_view host) {
  const xml::Element inner =
      carrier.child("privilege", kNs).child("forwarded", kForward).child("message", ns::kClient);
  if (!inner) return Err(std::string("there is no forwarded message of a client"));
  std::string copy;
  xml::Writer(copy).copy_unprefixed(inner);
  auto stanza = Stanza::from_xml(copy, {}, {});
  if (!stanza) return Err(std::string("the forwarded message cannot be read"));
  const JidView from = stanza->from();
  if (from.domain() != host || !from.is_bare()) {
    return Err(
        std::string("the forwarded message is from nobody who has an account here, or from one client"));
  }
  if (stanza->to().empty()) return Err(std::string("the forwarded message is to nobody"));
  return *std::move(stanza);
}

Result<Stanza, std::string> unwrap_request(xml::Element carrier, StanzaType type, JidView user,
                                           const ComponentConfig& component) {
  const xml::Element inner = carrier.first_child();
  const xml::Element payload = inner.first_child();
  if (!inner.is("iq", ns::kClient) || inner.next() || !payload || payload.next()) {
    return Err(std::string("there is no request of a client"));
  }
  if (inner.attr_or_empty("type") != to_string(type)) {
    return Err(std::string("the request inside is of another type"));
  }
  if (const auto from = inner.attr("from"); from && Jid::parse(*from) != Jid(user)) {
    return Err(std::string("the request inside is from somebody else"));
  }
  if (!may_ask(component, type, payload.ns())) {
    return Err(std::string("the component may not make such requests"));
  }
  const auto to = Jid::parse(inner.attr("to").value_or(user.full()));
  if (!to) return Err(std::string("the request inside is to nobody"));
  std::string content;
  xml::Writer(content).copy(payload, ns::kClient);
  return Stanza::make({.kind = StanzaKind::iq,
                       .type = type,
                       .from = user,
                       .to = *to,
                       .id = inner.attr_or_empty("id"),
                       .lang = inner.attr_or_empty("xml:lang")},
                      content);
}

std::string wrap_answer(const Stanza& answer) {
  std::string xml;
  xml::Writer writer(xml);
  writer.open("privilege", kNs);
  write_forwarded(writer, answer);
  writer.close();
  return xml;
}

}  // namespace vestnik::privileges
