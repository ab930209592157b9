#include "core/storage/roster_groups.h"

namespace vestnik::storage {
namespace {

constexpr char kGroupEnd = '\x1f';

}  // namespace

std::string join_groups(const std::vector<std::string>& groups) {
  std::string joined;
  for (const std::string& group : groups) (joined += group) += kGroupEnd;
  return joined;
}

std::vector<std::string> split_groups(std::string_view joined) {
  std::vector<std::string> groups;
  while (!joined.empty()) {
    const auto end = joined.find(kGroupEnd);
    groups.emplace_back(joined.substr(0, end));
    joined.remove_prefix(end == std::string_view::npos ? joined.size() : end + 1);
  }
  return groups;
}

}  // namespace vestnik::storage
