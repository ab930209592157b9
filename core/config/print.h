#pragma once
#include <span>
#include <string>

#include "core/config/config.h"
#include "core/config/feature_spec.h"

namespace vestnik::config {

/// A configuration file with every key explained, those that have their default commented out.
std::string print(const Config& config, std::span<const FeatureSpec> features);

/// The file that --print-default-config writes and packages install: print() of the defaults with the host
/// localhost.
std::string print_default(std::span<const FeatureSpec> features);

}  // namespace vestnik::config
