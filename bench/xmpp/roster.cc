#include "bench/xmpp/roster.h"

#include <fmt/format.h>

#include <string>

namespace vestnik::bench {
namespace {

std::size_t count_items(Element roster) {
  std::size_t items = 0;
  for (auto at = roster.bytes().find("<item "); at != std::string_view::npos;
       at = roster.bytes().find("<item ", at + 1)) {
    ++items;
  }
  return items;
}

}  // namespace

Task<Element> get_roster(Client& client) {
  const std::string id = client.next_id();
  client.send(fmt::format("<iq type='get' id='{}'><query xmlns='jabber:iq:roster'/></iq>", id));
  const Element roster = co_await client.result(id);
  co_return roster;
}

/// Whether the roster shows that this contact's presence is already ours to see.
bool is_subscribed(Element roster, std::string_view contact) {
  for (auto at = roster.bytes().find("<item "); at != std::string_view::npos;
       at = roster.bytes().find("<item ", at + 1)) {
    const Element item(roster.bytes().substr(at));
    if (item.attr("jid") != contact) continue;
    const auto subscription = item.attr("subscription");
    return subscription == "both" || subscription == "to";
  }
  return false;
}

Task<> fill_roster(Client& client, std::size_t items) {
  client.step("filling the roster");
  const Element roster = co_await get_roster(client);
  for (std::size_t i = count_items(roster); i < items; ++i) {
    const std::string id = client.next_id();
    client.send(
        fmt::format("<iq type='set' id='{}'><query xmlns='jabber:iq:roster'><item jid='contact{}@{}' "
                    "name='Contact {}'><group>Bench</group></item></query></iq>",
                    id, i, client.target().domain, i));
    co_await client.result(id);
  }
}

}  // namespace vestnik::bench
