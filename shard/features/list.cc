#include "shard/features/list.h"

namespace vestnik {

const std::vector<FeatureEntry>& feature_list() {
  static const std::vector<FeatureEntry> kFeatures{
      {{.name = "session", .doc = "The session request that older clients send after binding; does nothing."},
       features::make_session},
      {{.name = "roster", .doc = "Contact lists and who may see whose presence, shared groups included (RFC 6121)."},
       features::make_roster},
      {{.name = "ping", .doc = "Answers pings (XEP-0199)."}, features::make_ping},
  };
  return kFeatures;
}

}  // namespace vestnik
