// Presence of the gateway and its contacts (XEP-0100 §4): mail can always be sent, so they are always there.
#include <utility>

#include "proto/stanza/reply.h"
#include "server/gateways/mail/address.h"
#include "server/gateways/mail/gateway.h"

namespace vestnik::mail {

void Gateway::send_presence(JidView from, JidView to, StanzaType type) {
  send(Stanza::make({.kind = StanzaKind::presence, .type = type, .from = from, .to = to}, ""));
}

// The gateway and the user's contacts.
void Gateway::show_all(std::string_view user, JidView to) {
  const auto found = registrations_.users().find(user);
  if (found == registrations_.users().end()) return;
  send_presence(own_, to, StanzaType::available);
  for (const auto& contact : found->second) {
    send_presence(JidView::of_canonical(contact), to, StanzaType::available);
  }
}

void Gateway::on_presence(const Stanza& presence) {
  const JidView from = presence.from();
  const JidView to = presence.to();
  switch (presence.type()) {
    case StanzaType::subscribe: return on_subscribe(presence);
    case StanzaType::unsubscribe:
      if (registrations_.remove_contact(from.bare(), to.bare())) save_later();
      return send_presence(to.to_bare(), from.to_bare(), StanzaType::unsubscribed);
    case StanzaType::available:
      if (!to.has_local()) show_all(from.bare(), from);
      return;
    case StanzaType::probe:
      if (registrations_.contains(from.bare())) send_presence(to.to_bare(), from, StanzaType::available);
      return;
    default: return;
  }
}

// §4.2 and §4.3: users see the gateway and any contact whose name is an e-mail address.
void Gateway::on_subscribe(const Stanza& presence) {
  const JidView user = presence.from().to_bare();
  const JidView contact = presence.to().to_bare();
  if (!registrations_.contains(user.full())) {
    return send(make_error(presence, StanzaCondition::registration_required, "register with the gateway"));
  }
  if (contact.has_local()) {
    if (address_of(contact).empty()) {
      return send(make_error(presence, StanzaCondition::item_not_found, "this stands for no e-mail address"));
    }
    if (!registrations_.add_contact(user.full(), contact.full())) {
      return send(make_error(presence, StanzaCondition::resource_constraint, "too many contacts"));
    }
    save_later();
  }
  send_presence(contact, user, StanzaType::subscribed);
  send_presence(contact, user, StanzaType::available);
}

}  // namespace vestnik::mail
