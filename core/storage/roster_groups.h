#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace vestnik::storage {

/// A roster item's groups as one column keeps them: each followed by U+001F, which is no character of
/// XML 1.0, so that no group's name contains it.
std::string join_groups(const std::vector<std::string>& groups);
std::vector<std::string> split_groups(std::string_view joined);

}  // namespace vestnik::storage
