#pragma once
#include <cstddef>
#include <functional>
#include <string_view>

namespace vestnik {

/// Lets a hash table keyed by std::string be asked with a string_view, without making a string:
///   std::unordered_map<std::string, T, StringHash, std::equal_to<>>
struct StringHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
};

}  // namespace vestnik
