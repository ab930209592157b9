#include "bench/xmpp/room.h"

#include <fmt/format.h>

#include <utility>

namespace vestnik::bench {
namespace {

bool has_status(Element presence, std::string_view code) {
  for (Element status = presence.find("status"); status; status = status.find("status")) {
    if (status.attr("code") == code) return true;
  }
  return false;
}

}  // namespace

Task<> join_room(Client& client, std::string room, std::string nickname) {
  client.step("joining a room");
  client.send(
      fmt::format("<presence to='{}/{}'><x xmlns='http://jabber.org/protocol/muc'><history maxstanzas='0'/>"
                  "</x></presence>",
                  room, nickname));
  Client::Predicate own_presence = [&room](Element element) {
    if (!element.is("presence") || !element.attr("from").starts_with(room)) return false;
    return element.attr("type") == "error" || has_status(element, "110");
  };
  const Element answer = co_await client.matching(std::move(own_presence));
  if (answer.attr("type") == "error") co_await client.failure("refused: " + describe_error(answer));
  if (!has_status(answer, "201")) co_return;

  client.step("making a room");
  const std::string id = client.next_id();
  client.send(
      fmt::format("<iq type='set' to='{}' id='{}'><query xmlns='http://jabber.org/protocol/muc#owner'>"
                  "<x xmlns='jabber:x:data' type='submit'/></query></iq>",
                  room, id));
  co_await client.result(id);
}

}  // namespace vestnik::bench
