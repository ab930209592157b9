// XEP-0115: the hash of what disco#info says of the host, in its stream features, so that clients need not
// ask again.
#include <map>
#include <memory>
#include <utility>

#include "proto/xep/caps.h"
#include "proto/xml/ns.h"
#include "proto/xml/writer.h"
#include "shard/component/delegations.h"
#include "shard/feature/disco_info.h"
#include "shard/features/list.h"
#include "shard/shard.h"

namespace vestnik::features {
namespace {

constexpr std::string_view kNode = "urn:x-vestnik";

// The hashes of the shard's hosts, made when first asked for. A configuration's features declare the same as
// long as they live, and on every shard; only components come and go.
class HostCaps {
 public:
  explicit HostCaps(Shard& shard) : shard_(shard) {}

  void announce(const HostConfig& host, std::string& xml) {
    xml::Writer(xml)
        .open("c", ns::kCaps)
        .attr("hash", "sha-1")
        .attr("node", kNode)
        .attr("ver", hash_of(host))
        .close();
  }

  // Only the current hash is known; a client that has an old one asks without it.
  std::optional<std::string> node(const HostConfig& host, std::string_view node) {
    if (node != std::string(kNode) + '#' + hash_of(host)) return std::nullopt;
    return disco_info(shard_.features(), host, Scope::host);
  }

 private:
  const std::string& hash_of(const HostConfig& host) {
    if (std::exchange(version_, shard_.delegations().version()) != version_) hashes_.clear();
    std::string& hash = hashes_[host.name];
    if (hash.empty()) {
      std::string answer;
      xml::Writer(answer)
          .open("query", ns::kDiscoInfo)
          .raw(disco_info(shard_.features(), host, Scope::host))
          .close();
      hash = capability_hash(DocumentLease(shard_, answer).root());
    }
    return hash;
  }

  Shard& shard_;
  std::map<std::string, std::string> hashes_;  ///< by host
  std::uint64_t version_ = 0;                  ///< of what components add
};

}  // namespace

Feature make_caps(Shard& shard) {
  auto caps = std::make_shared<HostCaps>(shard);
  Feature feature{.name = "caps", .xeps = {"XEP-0115"}, .disco = {{Scope::host, ns::kCaps}}};
  feature.hooks.stream_features.push_back(
      {0, [caps](const HostConfig& host, StreamStage /*stage*/, bool /*encrypted*/, std::string& xml) {
         caps->announce(host, xml);
       }});
  feature.hooks.host_nodes.push_back(
      {0, [caps](const HostConfig& host, std::string_view node) { return caps->node(host, node); }});
  return feature;
}

}  // namespace vestnik::features
