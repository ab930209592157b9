#pragma once
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "core/config/config.h"

namespace vestnik {

/// One option of a feature, declared with the feature: the configuration's parser, its checks and its
/// reference are made from this. The type is that of `initial`.
struct OptionSpec {
  std::string name;       ///< `retention`
  OptionValue initial;    ///< the default
  std::string doc;        ///< what it does: a sentence or two
  std::uint64_t min = 0;  ///< of counts, bytes or milliseconds
  std::uint64_t max = std::numeric_limits<std::uint64_t>::max();
  std::vector<std::string> choices = {};  ///< of a text, if only some are allowed
};

/// A feature as the configuration sees it: `[features.NAME]`.
struct FeatureSpec {
  std::string name;
  std::string doc;
  bool enabled = true;  ///< the default
  std::vector<OptionSpec> options = {};
  /// The label under each host at which the feature has addresses of its own, as `conference`; empty: it has
  /// none.
  std::string service = {};
};

}  // namespace vestnik
