#pragma once
#include <string>
#include <string_view>
#include <utility>

namespace vestnik::s2s {

/// Two domains that talk to each other.
using DomainPair = std::pair<std::string, std::string>;

/// Orders pairs, and looks them up by views.
struct ByDomains {
  using is_transparent = void;
  template <typename A, typename B>
  bool operator()(const A& a, const B& b) const {
    const int first = std::string_view(a.first).compare(b.first);
    return first != 0 ? first < 0 : std::string_view(a.second) < std::string_view(b.second);
  }
};

}  // namespace vestnik::s2s
