#pragma once
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/config.h"
#include "core/config/document.h"
#include "core/config/feature_spec.h"

namespace vestnik::config {

/// What else besides the file says how things are.
struct Sources {
  std::span<const std::string> overrides = {};  ///< `table.key=value`, as --set has them; win over the files
  std::span<const FeatureSpec> features = {};   ///< what may stand under [features.*]
};

/// Reads the configuration: `file`, what its `include` names (patterns relative to it, in order of name), and
/// overrides. Finds every fault, not only the first. Reads nothing but these files and those that values name
/// by `{ file = "…" }`.
Result<Config, Problems> load(const std::filesystem::path& file, const Sources& sources);

/// The same for a text, as if it stood in the file `name`.
Result<Config, Problems> load_text(std::string_view text, const std::filesystem::path& name,
                                   const Sources& sources);

/// Only `server.control_socket`, for programs that talk to the server: they need not be able to read all that
/// the configuration refers to.
Result<std::string, Problems> load_control_socket(const std::filesystem::path& file);

/// Keys that differ and take effect at a restart only, as `storage.path`.
std::vector<std::string> needs_restart(const Config& running, const Config& next,
                                       std::span<const FeatureSpec> features);

}  // namespace vestnik::config
