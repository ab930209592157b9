#pragma once
#include <string>
#include <vector>

#include "core/config/config.h"

namespace vestnik::config {

/// What is wrong between keys that are right one by one; a sentence each. Looks at no file.
std::vector<std::string> contradictions(const Config& config);

}  // namespace vestnik::config
