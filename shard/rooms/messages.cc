#include "shard/rooms/messages.h"

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <utility>

#include "proto/base/datetime.h"
#include "proto/xml/ns.h"
#include "proto/xml/writer.h"
#include "shard/rooms/greeting.h"
#include "shard/rooms/invitations.h"
#include "shard/rooms/presence.h"

namespace vestnik::rooms {
namespace {

using muc::Role;

constexpr std::string_view kStanzaId = "urn:xmpp:sid:0";

// What only the room itself may say (SECURITY 20).
bool is_forged(const Room& room, xml::Element child) {
  const std::string_view ns = child.ns();
  if (ns == muc::kUser || ns == muc::kOccupantId || ns == muc::kHats) return true;
  const auto names_room = [&](std::string_view address) {
    const auto jid = Jid::parse(address);
    return !jid || jid->bare() == room.address().full();
  };
  if (child.is("stanza-id", kStanzaId)) return names_room(child.attr_or_empty("by"));
  return child.is("delay", ns::kDelay) && names_room(child.attr_or_empty("from"));
}

// What a message says, without that. Most messages have nothing of the kind and are not looked into.
std::string honest_payload(Room& room, const Stanza& message) {
  constexpr std::array kMarks{Mark::muc_user, Mark::occupant_id, Mark::stanza_id, Mark::delay};
  if (std::ranges::none_of(kMarks, [&](Mark mark) { return message.has(mark); }))
    return std::string(message.payload());
  const DocumentLease tree(room.shard(), message.wire());
  std::string kept;
  xml::Writer writer(kept);
  for (const xml::Element child : tree.root().children()) {
    if (!is_forged(room, child)) writer.copy(child, ns::kClient);
  }
  return kept;
}

void append_stanza_id(Room& room, std::string& payload) {
  xml::Writer(payload)
      .open("stanza-id", kStanzaId)
      .attr("by", room.address().full())
      .attr("id", room.shard().new_id())
      .close();
}

// §8.1: a subject and no body.
bool sets_subject(const Stanza& message) {
  return message.has(Mark::subject) && !message.has(Mark::body) && !message.has(Mark::thread);
}

bool may_set_subject(const Room& room, const Occupant& sender) {
  return sender.role == Role::moderator || (sender.role == Role::participant && room.config().subject_by_all);
}

void keep_subject(Room& room, const Stanza& message) {
  const DocumentLease tree(room.shard(), message.wire());
  std::string stamp;
  xml::Writer(stamp)
      .open("delay", ns::kDelay)
      .attr("from", room.address().full())
      .attr("stamp", format_utc(room.shard().reactor().wall_now()))
      .close();
  room.set_subject(std::make_shared<const Stanza>(message.with_appended(stamp)),
                   tree.root().child("subject", ns::kClient).text());
}

bool is_discussion(const Stanza& message) {
  return (message.has(Mark::body) || message.has(Mark::encrypted)) && !message.has(Mark::no_store) &&
         !message.has(Mark::no_permanent_store);
}

// What is wrong with a message to all; none: nothing.
std::optional<StanzaReject> refuse_message(Room& room, Occupant* sender, const Stanza& message) {
  using enum StanzaCondition;
  if (sender == nullptr) return StanzaReject{not_acceptable, "only occupants may speak to the room"};
  if (sets_subject(message)) {
    if (!may_set_subject(room, *sender)) return StanzaReject{forbidden, "you may not change the subject"};
    if (message.payload().size() > room.option<std::uint64_t>("subject_bytes"))
      return StanzaReject{not_acceptable, "the subject is too long"};
  }
  if (sender->role < Role::participant) return StanzaReject{forbidden, "you have no voice in this room"};
  if (message.payload().size() > room.option<std::uint64_t>("message_bytes"))
    return StanzaReject{policy_violation, "the message is too large for a room"};
  if (!sender->messages.take(room.shard().reactor().now(), room.option<std::uint32_t>("message_rate")))
    return StanzaReject{resource_constraint, "too many messages; try again in a moment"};
  return std::nullopt;
}

// §7.4: one payload for all, assembled here.
void to_all(Room& room, const Stanza& message) {
  Occupant* sender = room.by_session(message.from().full());
  if (const auto why = refuse_message(room, sender, message))
    return room.shard().bounce(message, why->condition, why->text);
  std::string payload = honest_payload(room, message);
  append_stanza_id(room, payload);
  payload.append(sender->stamp);
  StanzaHead head = message.head();
  head.from = sender->address;
  head.to = {};
  Stanza reflected = message.rebuilt(head, payload);
  if (sets_subject(message)) {
    keep_subject(room, reflected);
  } else if (is_discussion(message)) {
    remember(room, reflected);
  }
  room.send_to_all(std::move(reflected));
}

bool may_write_privately(const Room& room, const Occupant& sender, const Occupant& addressee) {
  switch (room.config().private_messages) {
    case muc::PrivateMessages::anyone: return true;
    case muc::PrivateMessages::participants: return sender.role >= Role::participant;
    case muc::PrivateMessages::moderators: return sender.role == Role::moderator;
    case muc::PrivateMessages::none:  // but moderators are spoken to
      return sender.role == Role::moderator || addressee.role == Role::moderator;
  }
  return false;
}

// §7.5
void to_one(Room& room, const Stanza& message) {
  using enum StanzaCondition;
  Shard& shard = room.shard();
  Occupant* sender = room.by_session(message.from().full());
  if (sender == nullptr) return shard.bounce(message, not_acceptable, "only occupants may speak to others");
  if (message.type() == StanzaType::groupchat)
    return shard.bounce(message, bad_request, "what all shall read is sent to the room itself");
  const Occupant* addressee = room.by_nick(message.to().resource());
  if (addressee == nullptr) return shard.bounce(message, item_not_found, "nobody here has this nickname");
  if (!may_write_privately(room, *sender, *addressee))
    return shard.bounce(message, forbidden, "private messages are not allowed to you in this room");
  if (!sender->messages.take(shard.reactor().now(), room.option<std::uint32_t>("message_rate")))
    return shard.bounce(message, resource_constraint, "too many messages; try again in a moment");
  std::string payload = honest_payload(room, message);
  payload.append(sender->stamp);
  xml::Writer(payload).open("x", muc::kUser).close();
  StanzaHead head = message.head();
  head.from = sender->address;
  head.to = {};
  Stanza passed = message.rebuilt(head, payload);
  passed.add_mark(Mark::muc_user);
  room.send_to(*addressee, passed);
}

// What is not for reading: invitations and requests.
void on_request(Room& room, const Stanza& message) {
  const DocumentLease tree(room.shard(), message.wire());
  if (const xml::Element x = tree.root().child("x", muc::kUser); x && x.first_child()) {
    if (x.child("invite")) return invite(room, message, x);
    if (x.child("decline")) return decline(room, message, x);
  }
  if (const xml::Element x = tree.root().child("x", ns::kDataForms)) return on_voice_form(room, message, x);
  room.shard().bounce(message, StanzaCondition::bad_request,
                      "messages that all shall read are of type groupchat");
}

}  // namespace

void on_message(Room& room, Stanza message) {
  if (message.is_error()) return on_error(room, message);
  if (!message.to().is_bare()) return to_one(room, message);
  message.type() == StanzaType::groupchat ? to_all(room, message) : on_request(room, message);
}

void send_status(Room& room, std::span<const int> codes) {
  std::string payload;
  xml::Writer writer(payload);
  muc::write_user(writer, nullptr, codes);
  room.send_to_all(Stanza::make({.kind = StanzaKind::message,
                                 .type = StanzaType::groupchat,
                                 .from = room.address(),
                                 .id = room.shard().new_id()},
                                payload));
}

}  // namespace vestnik::rooms
