#include "proto/pubsub/refusal.h"

#include "proto/pubsub/ns.h"
#include "proto/xml/writer.h"

namespace vestnik::pubsub {

std::string reason_xml(const Refusal& refusal) {
  std::string xml;
  if (refusal.reason.empty()) return xml;
  xml::Writer(xml).open(refusal.reason, kErrors).attr_if("feature", refusal.feature).close();
  return xml;
}

}  // namespace vestnik::pubsub
