#include "bench/micro/micro.h"
#include "bench/micro/samples.h"
#include "proto/stanza/reply.h"
#include "proto/stanza/stanza.h"
#include "proto/xml/framer.h"

namespace vestnik::bench {
namespace {

const JidView kSender = JidView::of_canonical("romeo@example.org/orchard");

/// From bytes of a stream to a stanza with its sender stamped: hops 1 to 3 of a message without the socket.
void receive(std::uint64_t iterations) {
  xml::Framer framer(XmlLimits{});
  std::string_view header = kStreamHeader;
  framer.next(header);
  for (std::uint64_t i = 0; i < iterations; ++i) {
    std::string_view input = kMessage;
    framer.next(input);
    keep(Stanza::from_frame(framer.frame(), kSender, "en").has_value());
  }
}

void readdress(std::uint64_t iterations) {
  const Stanza stanza = Stanza::from_xml(kMessage, kSender, "en").value();
  const JidView to = JidView::of_canonical("juliet@example.org/chamber");
  for (std::uint64_t i = 0; i < iterations; ++i) keep(stanza.readdressed(stanza.from(), to).wire().data());
}

void reply(std::uint64_t iterations) {
  const Stanza ping = Stanza::from_xml(kPing, kSender, "en").value();
  for (std::uint64_t i = 0; i < iterations; ++i) keep(make_result(ping).wire().data());
}

}  // namespace

void add_stanzas(std::vector<Micro>& all) {
  all.push_back({"stanza/receive-message", receive});
  all.push_back({"stanza/readdress-message", readdress});
  all.push_back({"stanza/ping-result", reply});
}

}  // namespace vestnik::bench
