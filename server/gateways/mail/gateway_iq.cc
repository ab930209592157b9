// What the gateway can be asked: discovery, registration (XEP-0077), contacts by their e-mail addresses.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/config/version.h"
#include "proto/stanza/reply.h"
#include "proto/xml/ns.h"
#include "proto/xml/writer.h"
#include "server/gateways/mail/address.h"
#include "server/gateways/mail/gateway.h"

namespace vestnik::mail {
namespace {

constexpr std::string_view kDiscoItems = "http://jabber.org/protocol/disco#items";
constexpr std::string_view kRegister = "jabber:iq:register";
constexpr std::string_view kGateway = "jabber:iq:gateway";
constexpr std::string_view kVersion = "jabber:iq:version";
constexpr std::string_view kPing = "urn:xmpp:ping";

std::string gateway_info() {
  std::string xml;
  xml::Writer w(xml);
  w.open("query", ns::kDiscoInfo);
  w.open("identity").attr("category", "gateway").attr("type", "smtp").attr("name", "E-mail").close();
  for (const auto feature : {ns::kDiscoInfo, kDiscoItems, kRegister, kGateway, kVersion, kPing}) {
    w.open("feature").attr("var", feature).close();
  }
  w.close();
  return xml;
}

std::string contact_info(std::string_view address) {
  std::string xml;
  xml::Writer w(xml);
  w.open("query", ns::kDiscoInfo);
  w.open("identity").attr("category", "client").attr("type", "email").attr("name", address).close();
  for (const auto feature : {ns::kDiscoInfo, kPing}) w.open("feature").attr("var", feature).close();
  w.close();
  return xml;
}

std::string registration_form(bool registered, std::string_view own_address) {
  std::string xml;
  xml::Writer w(xml);
  w.open("query", kRegister);
  if (registered) w.leaf("registered");
  w.leaf("instructions",
         fmt::format("Registering lets you write to e-mail addresses and get mail as {}.", own_address));
  w.close();
  return xml;
}

}  // namespace

void Gateway::on_iq(Stanza iq) {
  if (!iq.is_request()) {
    // The answer to a question behind a message says that the message has been dealt with.
    if (iq.id().ends_with("-ack")) settle(iq.id().substr(0, iq.id().size() - 4), "250 2.1.5 delivered");
    return;
  }
  iq.to().has_local() ? on_contact_iq(iq) : on_gateway_iq(std::move(iq));
}

void Gateway::on_contact_iq(const Stanza& iq) {
  auto document = thread_.take_document();
  const xml::Element asked = document->parse(iq.wire()).first_child();
  const std::string address = address_of(iq.to());
  const bool get = iq.type() == StanzaType::get;
  if (address.empty()) {
    send(make_error(iq, StanzaCondition::item_not_found));
  } else if (get && asked.is("query", ns::kDiscoInfo)) {
    send(make_result(iq, contact_info(address)));
  } else if (get && asked.is("ping", kPing)) {
    send(make_result(iq));
  } else {
    send(make_error(iq, StanzaCondition::service_unavailable));
  }
  thread_.give_document(std::move(document));
}

void Gateway::on_gateway_iq(Stanza iq) {
  auto document = thread_.take_document();
  const xml::Element asked = document->parse(iq.wire()).first_child();
  const std::string_view ns = asked.ns();
  const bool get = iq.type() == StanzaType::get;
  std::string xml;
  if (ns == kRegister && !get) {
    on_registration(std::move(iq), static_cast<bool>(asked.child("remove")));
  } else if (ns == kRegister) {
    const bool known = registrations_.contains(iq.from().bare());
    const std::string address = address_of_user(iq.from(), settings_.mail_domain);
    send(make_result(iq, registration_form(known, address)));
  } else if (get && asked.is("query", ns::kDiscoInfo)) {
    send(make_result(iq, gateway_info()));
  } else if (get && asked.is("query", kDiscoItems)) {
    xml::Writer(xml).leaf("query", {}, kDiscoItems);
    send(make_result(iq, xml));
  } else if (get && asked.is("ping", kPing)) {
    send(make_result(iq));
  } else if (get && asked.is("query", kVersion)) {
    xml::Writer w(xml);
    w.open("query", kVersion).leaf("name", "Vestnik mail").leaf("version", version()).close();
    send(make_result(iq, xml));
  } else if (ns == kGateway && get) {
    xml::Writer w(xml);
    w.open("query", kGateway)
        .leaf("desc", "The e-mail address to write to")
        .leaf("prompt", "Address")
        .close();
    send(make_result(iq, xml));
  } else if (ns == kGateway) {
    const auto contact = contact_of(asked.child("prompt").text(), settings_.domain);
    if (contact) xml::Writer(xml).open("query", kGateway).leaf("jid", contact->full()).close();
    send(contact ? make_result(iq, xml)
                 : make_error(iq, StanzaCondition::item_not_found, "this is no e-mail address"));
  } else {
    send(make_error(iq, StanzaCondition::service_unavailable));
  }
  thread_.give_document(std::move(document));
}

bool Gateway::may_register(JidView user) const {
  return user.has_local() && std::ranges::find(settings_.users_of, user.domain()) != settings_.users_of.end();
}

void Gateway::on_registration(Stanza iq, bool removes) {
  if (!may_register(iq.from())) return send(make_error(iq, StanzaCondition::forbidden));
  if (!removes) return thread_.tasks().spawn("mail.register", register_user(std::move(iq)));
  thread_.tasks().spawn("mail.register", unregister_user(std::move(iq)));
}

Task<bool> Gateway::save() {
  bool written = false;
  std::string path = registrations_.path();
  std::string text = registrations_.text();
  auto job = [&] { written = Registrations::write(path, text); };
  const bool ran = co_await files_.run(thread_.reactor(), job);
  if (!ran || !written) thread_.log().error("mail.not_saved", {{"file", path}});
  co_return ran&& written;
}

void Gateway::save_later() {
  thread_.tasks().spawn("mail.save", [](Gateway* self) -> Task<void> { co_await self->save(); }(this));
}

// XEP-0100 §4.1: behind the registration the gateway asks to see its new user, and shows itself.
Task<void> Gateway::register_user(Stanza iq) {
  const Jid user(iq.from().to_bare());
  const bool is_new = !registrations_.contains(user.full());
  registrations_.add(user.full());
  const bool saved = co_await save();
  if (!saved) {
    if (is_new) registrations_.remove(user.full());
    co_return send(make_error(iq, StanzaCondition::internal_server_error, "it could not be stored"));
  }
  send(make_result(iq));
  send_presence(own_, user, StanzaType::subscribe);
  show_all(user.full(), iq.from());
}

// §4.3: and behind the end of one, that is over for the gateway and every contact.
Task<void> Gateway::unregister_user(Stanza iq) {
  const Jid user(iq.from().to_bare());
  const auto found = registrations_.users().find(user.full());
  if (found == registrations_.users().end())
    co_return send(make_error(iq, StanzaCondition::registration_required));
  const Registrations::Contacts contacts = found->second;
  registrations_.remove(user.full());
  const bool saved = co_await save();
  if (!saved) {
    registrations_.add(user.full(), contacts);
    co_return send(make_error(iq, StanzaCondition::internal_server_error, "it could not be stored"));
  }
  send(make_result(iq));
  for (const auto& contact : contacts) {
    send_presence(JidView::of_canonical(contact), user, StanzaType::unavailable);
    send_presence(JidView::of_canonical(contact), user, StanzaType::unsubscribed);
  }
  send_presence(own_, user, StanzaType::unavailable);
  send_presence(own_, user, StanzaType::unsubscribe);
  send_presence(own_, user, StanzaType::unsubscribed);
}

}  // namespace vestnik::mail
