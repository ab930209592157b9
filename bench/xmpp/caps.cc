#include "bench/xmpp/caps.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "proto/base/base64.h"
#include "proto/base/crypto.h"

namespace vestnik::bench {
namespace {

constexpr std::string_view kDiscoInfo = "http://jabber.org/protocol/disco#info";
constexpr std::string_view kNode = "urn:vestnik:bench";

}  // namespace

Caps::Caps(std::vector<std::string> features) : features_(std::move(features)) {
  features_.emplace_back(kDiscoInfo);
  std::ranges::sort(features_);
  std::string hashed = "client/bot//vestnik-bench<";  // XEP-0115 §5.1
  for (const std::string& feature : features_) hashed.append(feature).append("<");
  const std::string ver = base64_encode(digest(HashKind::sha1, hashed));
  node_ = fmt::format("{}#{}", kNode, ver);
  presence_ =
      fmt::format("<c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='{}' ver='{}'/>", kNode, ver);
}

std::string Caps::answer() const {
  std::string answer =
      fmt::format("<query xmlns='{}' node='{}'><identity category='client' type='bot' name='vestnik-bench'/>",
                  kDiscoInfo, node_);
  for (const std::string& feature : features_) answer.append("<feature var='").append(feature).append("'/>");
  return answer + "</query>";
}

}  // namespace vestnik::bench
