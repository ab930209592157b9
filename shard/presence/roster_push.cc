#include "shard/presence/roster_push.h"

#include <algorithm>
#include <string>
#include <vector>

#include "proto/xml/ns.h"
#include "shard/presence/contact.h"
#include "shard/shard.h"

namespace vestnik::roster {
namespace {

std::string payload_of(Account& account, const Line& line, const Version& version) {
  const SharedContacts shared = account.shard().shared_groups().of(account);
  std::string payload;
  xml::Writer writer(payload);
  writer.open("query", ns::kRoster).attr("ver", version.text());
  if (line.item == nullptr && shared.groups_of(line.jid).empty()) {
    write_removed(writer, line.jid);
  } else {
    write_line(writer, line, shared);
  }
  writer.close();
  return payload;
}

void send(Session& session, std::string_view payload) {
  const std::string id = session.account().shard().new_id();
  session.send(Stanza::make({.kind = StanzaKind::iq, .type = StanzaType::set, .to = session.jid(), .id = id},
                            payload));
}

}  // namespace

void write_line(xml::Writer& writer, const Line& line, const SharedContacts& shared) {
  SubscriptionState state;
  std::string_view name;
  std::vector<std::string> groups;
  if (line.item != nullptr) {
    state = state_of(*line.item);
    name = line.item->name;
    groups = line.item->groups;
  }
  for (const auto group : shared.groups_of(line.jid)) {
    state = {.to = true, .from = true};
    if (std::ranges::find(groups, group) == groups.end()) groups.emplace_back(group);
  }
  write_item(writer, line.jid, name, groups, state);
}

Version version_of(Account& account, std::uint64_t number) {
  return {.number = number, .fingerprint = account.shard().shared_groups().of(account).fingerprint()};
}

void push(Account& account, const Line& line, std::uint64_t number) {
  const std::string payload = payload_of(account, line, version_of(account, number));
  for (const auto& session : account.sessions()) {
    if (session->wants_roster()) send(*session, payload);
  }
  for (const auto& hook : account.shard().features().hooks().roster_pushed) hook.call(account, payload);
}

void push(Session& session, const Line& line, const Version& version) {
  send(session, payload_of(session.account(), line, version));
}

}  // namespace vestnik::roster
