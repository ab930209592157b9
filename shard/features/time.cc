// XEP-0202: tells the time. In UTC: where the server stands is nobody's business.
#include "proto/base/datetime.h"
#include "proto/xml/writer.h"
#include "shard/features/list.h"
#include "shard/shard.h"

namespace vestnik::features {
namespace {

constexpr std::string_view kTime = "urn:xmpp:time";

void tell(IqRequest& request) {
  std::string xml;
  xml::Writer(xml)
      .open("time", kTime)
      .leaf("tzo", "+00:00")
      .leaf("utc", format_utc(request.shard().reactor().wall_now()))
      .close();
  request.result(xml);
}

}  // namespace

Feature make_time(Shard& /*shard*/) {
  return {.name = "time",
          .xeps = {"XEP-0202"},
          .iq = {{"time", kTime, Scope::host, tell, IqVerbs::get}},
          .disco = {{Scope::host, kTime}}};
}

}  // namespace vestnik::features
