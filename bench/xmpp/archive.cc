#include "bench/xmpp/archive.h"

#include <fmt/format.h>

#include <charconv>

namespace vestnik::bench {

Task<std::size_t> count_archived(Client& client) {
  const std::string id = client.next_id();
  client.send(fmt::format(
      "<iq type='set' id='{}'><query xmlns='urn:xmpp:mam:2'><set xmlns='http://jabber.org/protocol/rsm'>"
      "<max>0</max></set></query></iq>",
      id));
  const Element answer = co_await client.result(id);
  const auto text = answer.find("count").text();
  std::size_t count = 0;
  std::from_chars(text.data(), text.data() + text.size(), count);
  co_return count;
}

std::string last_page_query(std::string_view id, std::size_t most, std::string_view with) {
  std::string form;
  if (!with.empty()) {
    form = fmt::format(
        "<x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE'><value>urn:xmpp:mam:2</value></field>"
        "<field var='with'><value>{}</value></field></x>",
        with);
  }
  return fmt::format(
      "<iq type='set' id='{}'><query xmlns='urn:xmpp:mam:2'>{}<set xmlns='http://jabber.org/protocol/rsm'>"
      "<max>{}</max><before/></set></query></iq>",
      id, form, most);
}

}  // namespace vestnik::bench
