#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "shard/feature/feature.h"

namespace vestnik {

/// The enabled features of one shard, merged for fast use. The shard's thread only.
class FeatureSet {
 public:
  explicit FeatureSet(std::vector<Feature> features);
  FeatureSet(const FeatureSet&) = delete;
  FeatureSet& operator=(const FeatureSet&) = delete;

  const std::vector<Feature>& features() const { return features_; }

  /// The handler for a request of type `type`, get or set, with such a payload in a scope; or null.
  const IqHandler* find(std::string_view name, std::string_view ns, Scope scope, StanzaType type) const;

  /// The hooks of all features, in order.
  const Hooks& hooks() const { return hooks_; }

  /// Runs hooks until one has handled the stanza. True: handled.
  template <typename Subject>
  static bool run(const std::vector<Hook<Verdict(Subject&, Stanza&)>>& hooks, Subject& subject,
                  Stanza& stanza) {
    for (const auto& hook : hooks) {
      if (hook.call(subject, stanza) == Verdict::handled) return true;
    }
    return false;
  }

 private:
  std::vector<Feature> features_;
  std::unordered_map<std::string_view, std::vector<const IqHandler*>> by_ns_;
  Hooks hooks_;
};

/// The features of feature_list() that the shard's configuration leaves enabled.
std::unique_ptr<FeatureSet> make_features(Shard& shard);

}  // namespace vestnik
