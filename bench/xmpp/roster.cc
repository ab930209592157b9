#include "bench/xmpp/roster.h"

#include <fmt/format.h>

#include <string>

namespace vestnik::bench {

Task<std::vector<RosterItem>> get_roster(Client& client) {
  const std::string id = client.next_id();
  client.send(fmt::format("<iq type='get' id='{}'><query xmlns='jabber:iq:roster'/></iq>", id));
  const Element roster = co_await client.result(id);
  std::vector<RosterItem> items;
  for (Element item = roster.find("item"); item; item = item.find("item")) {
    items.push_back({.jid = item.attr("jid"), .subscription = item.attr("subscription")});
  }
  co_return items;
}

Task<> fill_roster(Client& client, std::size_t items) {
  client.step("filling the roster");
  const auto roster = co_await get_roster(client);
  for (std::size_t i = roster.size(); i < items; ++i) {
    const std::string id = client.next_id();
    client.send(
        fmt::format("<iq type='set' id='{}'><query xmlns='jabber:iq:roster'><item jid='contact{}@{}' "
                    "name='Contact {}'><group>Bench</group></item></query></iq>",
                    id, i, client.target().domain, i));
    co_await client.result(id);
  }
}

}  // namespace vestnik::bench
