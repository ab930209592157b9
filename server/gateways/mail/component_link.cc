#include "server/gateways/mail/component_link.h"

#include <fmt/format.h>

#include <utility>

#include "proto/stream/component_handshake.h"
#include "proto/xml/ns.h"

namespace vestnik::mail {
namespace {

constexpr std::chrono::milliseconds kHandshakeWithin{30'000};

}  // namespace

ComponentLink::ComponentLink(StreamThread& thread, Transport::Socket socket, Owner& owner, std::string domain,
                             std::string secret)
    : XmlStream(thread, ns::kComponent, std::move(socket), {}),
      owner_(owner),
      domain_(std::move(domain)),
      secret_(std::move(secret)) {}

void ComponentLink::start() {
  set_deadline(kHandshakeWithin);
  send_header(
      {.content_ns = ns::kComponent, .from = {}, .to = domain_, .id = {}, .lang = {}, .version_1 = false});
  run("mail.link", std::static_pointer_cast<ComponentLink>(shared_from_this()));
}

void ComponentLink::on_header(const StreamHeader& header) {
  if (header.problem) return close(*header.problem);
  send(fmt::format("<handshake>{}</handshake>", component_handshake(header.id, secret_)));
}

void ComponentLink::on_element(const xml::Frame& frame) {
  if (!connected_ && frame.ns == ns::kComponent && frame.name == "handshake") {
    connected_ = true;
    set_limits(thread().config().limits.s2s_xml);
    return owner_.on_connected();
  }
  auto stanza = build_stanza(frame, {}, {});
  if (!connected_ || !stanza) {
    return close({StreamCondition::unsupported_stanza_type, "this element is not expected here"});
  }
  owner_.on_stanza(std::move(*stanza));
}

void ComponentLink::on_deadline() {
  if (!connected_) abort("no answer to the handshake");
}

void ComponentLink::on_ended(End /*how*/, std::string_view why) { owner_.on_disconnected(why); }

}  // namespace vestnik::mail
