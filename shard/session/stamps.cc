#include "shard/session/stamps.h"

#include <fmt/format.h>

#include <string>

#include "proto/base/datetime.h"
#include "proto/xml/ns.h"
#include "proto/xml/writer.h"

namespace vestnik {
namespace {

bool speaks_for_us(const Shard& shard, JidView sender, std::string_view claimed) {
  const auto jid = Jid::parse(claimed);
  if (!jid) return true;  // nobody's: nothing is lost with it
  return (!jid->has_local() && shard.is_local(jid->domain())) || jid->bare() == sender.bare();
}

bool is_forged(const Shard& shard, JidView sender, xml::Element child) {
  if (child.is("delay", ns::kDelay)) return speaks_for_us(shard, sender, child.attr_or_empty("from"));
  if (child.is("stanza-id", "urn:xmpp:sid:0")) return speaks_for_us(shard, sender, child.attr_or_empty("by"));
  return false;
}

}  // namespace

void strip_forged_stamps(Shard& shard, Stanza& stanza) {
  if (!stanza.has(Mark::delay) && !stanza.has(Mark::stanza_id)) return;
  std::string kept;
  {
    const DocumentLease tree(shard, stanza.wire());
    xml::Writer w(kept);
    for (const xml::Element child : tree.root().children()) {
      if (!is_forged(shard, stanza.from(), child)) w.copy(child, ns::kClient);
    }
  }
  stanza = stanza.with_payload(kept);
}

Stanza with_delay(const Stanza& message, std::chrono::system_clock::time_point reached_at) {
  const std::string_view domain = message.to().domain();
  const std::string begin = fmt::format("<delay xmlns='{}' from='{}'", ns::kDelay, domain);
  if (message.payload().contains(begin)) return message.clone();
  std::string delay;
  xml::Writer(delay)
      .open("delay", ns::kDelay)
      .attr("from", domain)
      .attr("stamp",
            format_utc(std::chrono::floor<std::chrono::milliseconds>(reached_at), Fraction::milliseconds))
      .close();
  return message.with_appended(delay);
}

}  // namespace vestnik
