#include "shard/rooms/invitations.h"

#include <utility>
#include <vector>

#include "proto/xep/dataform.h"
#include "proto/xml/ns.h"
#include "proto/xml/writer.h"
#include "shard/rooms/presence.h"

namespace vestnik::rooms {
namespace {

using muc::Affiliation;
using muc::Role;

constexpr std::string_view kRequest = "http://jabber.org/protocol/muc#request";
constexpr std::string_view kConference = "jabber:x:conference";
constexpr std::size_t kMostAtOnce = 20;  // invitations in one message

// Beside the element of §7.8.2 the one of XEP-0249, for clients that know only that.
std::string invitation(const Room& room, JidView inviter, xml::Element invite) {
  const std::string reason = invite.child("reason").text();
  std::string_view password;
  if (room.config().password_protected) password = room.config().password;
  std::string xml;
  xml::Writer writer(xml);
  writer.open("x", muc::kUser).open("invite").attr("from", inviter.full());
  if (!reason.empty()) writer.leaf("reason", reason);
  if (const xml::Element go_on = invite.child("continue"))
    writer.open("continue").attr_if("thread", go_on.attr_or_empty("thread")).close();
  writer.close();
  if (!password.empty()) writer.leaf("password", password);
  writer.close();
  writer.open("x", kConference).attr("jid", room.address().full()).attr_if("reason", reason);
  writer.attr_if("password", password).close();
  return xml;
}

bool may_invite(const Room& room, const Occupant& occupant) {
  if (!room.config().members_only || room.config().invites_by_all) return true;
  return room.affiliation(occupant.user) >= Affiliation::admin;
}

void send(Room& room, const Stanza& cause, JidView to, std::string_view payload) {
  Stanza message = Stanza::make(
      {.kind = StanzaKind::message, .from = room.address(), .to = to, .id = cause.id()}, payload);
  message.add_mark(Mark::muc_user);
  message.add_mark(Mark::invite);
  room.shard().route(std::move(message));
}

std::string voice_question(const Occupant& occupant) {
  std::string xml;
  xml::Writer writer(xml);
  FormWriter form(writer, kRequest, "Request for voice",
                  "To let the visitor speak, accept the request; to refuse, cancel the form.");
  form.hidden("muc#role", "participant");
  form.text("muc#jid", "User", occupant.sessions.front().full());
  form.text("muc#roomnick", "Nickname", occupant.nick());
  form.boolean("muc#request_allow", "Grant voice to this person?", false);
  form.close();
  return xml;
}

// §7.13
void ask_moderators(Room& room, const Stanza& message, Occupant& visitor) {
  if (visitor.role != Role::visitor) return;  // has what it asks for
  if (!visitor.presences.take(room.shard().reactor().now(), room.option<std::uint32_t>("presence_rate"))) {
    return room.shard().bounce(message, StanzaCondition::resource_constraint, "too many requests");
  }
  const Stanza question =
      Stanza::make({.kind = StanzaKind::message, .from = room.address()}, voice_question(visitor));
  for (const auto& [nick, occupant] : room.occupants()) {
    if (occupant->role == Role::moderator) room.send_to(*occupant, question);
  }
}

// §8.6
void decide(Room& room, const SubmittedForm& form) {
  const auto allow = form.boolean("muc#request_allow");
  Occupant* visitor = room.by_nick(form.text("muc#roomnick").value_or(""));
  if (!allow || !allow->value_or(false) || visitor == nullptr || visitor->role != Role::visitor) return;
  room.set_role(*visitor, Role::participant);
  announce_change(room, *visitor, {});
}

}  // namespace

void invite(Room& room, const Stanza& message, xml::Element x) {
  using enum StanzaCondition;
  Shard& shard = room.shard();
  const Occupant* inviter = room.by_session(message.from().full());
  if (inviter == nullptr) return shard.bounce(message, not_acceptable, "only occupants may invite");
  if (!may_invite(room, *inviter)) return shard.bounce(message, forbidden, "only administrators may invite");
  std::vector<std::pair<Jid, xml::Element>> invited;
  for (const xml::Element one : x.children()) {
    if (one.name() != "invite") continue;
    auto to = Jid::parse(one.attr_or_empty("to"));
    if (!to) return shard.bounce(message, jid_malformed, "an invitation is for an address");
    invited.emplace_back(*std::move(to), one);
  }
  if (invited.size() > kMostAtOnce) return shard.bounce(message, policy_violation, "too many invitations");
  for (const auto& [to, one] : invited) {
    // §7.8.2: in a room for members the invited user becomes one.
    const bool is_stranger = room.affiliation(to) == Affiliation::none;
    if (room.config().members_only && is_stranger)
      change_affiliation(room, to.to_bare(), Affiliation::member, {}, {}, {});
    send(room, message, to, invitation(room, inviter->address, one));
  }
}

void decline(Room& room, const Stanza& message, xml::Element x) {
  const xml::Element declined = x.child("decline");
  const auto to = Jid::parse(declined.attr_or_empty("to"));
  if (!to) return room.shard().bounce(message, StanzaCondition::jid_malformed);
  std::string payload;
  xml::Writer writer(payload);
  writer.open("x", muc::kUser).open("decline").attr("from", message.from().bare());
  if (const std::string reason = declined.child("reason").text(); !reason.empty())
    writer.leaf("reason", reason);
  writer.close().close();
  // Only to those who are here: a room carries no messages to strangers.
  const bool by_nick = to->bare() == room.address().full();
  if (by_nick) {
    if (const Occupant* inviter = room.by_nick(to->resource()))
      room.send_to(*inviter, Stanza::make({.kind = StanzaKind::message, .from = room.address()}, payload));
    return;
  }
  for (const auto& [nick, occupant] : room.occupants()) {
    if (occupant->user.full() == to->bare()) return send(room, message, *to, payload);
  }
}

void on_voice_form(Room& room, const Stanza& message, xml::Element x) {
  using enum StanzaCondition;
  Shard& shard = room.shard();
  Occupant* sender = room.by_session(message.from().full());
  if (sender == nullptr) return shard.bounce(message, not_acceptable, "you are not in the room");
  const auto form = SubmittedForm::parse(x, kRequest);
  if (!form) return shard.bounce(message, form.error().condition, form.error().text);
  if (form->find("muc#request_allow") == nullptr) return ask_moderators(room, message, *sender);
  if (sender->role != Role::moderator) return shard.bounce(message, forbidden, "only moderators decide");
  if (x.attr_or_empty("type") == "submit") decide(room, *form);
}

}  // namespace vestnik::rooms
