#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace vestnik::bench {

/// What clients say that they can do (XEP-0115): servers ask the first one and believe the others by the
/// hash.
class Caps {
 public:
  /// `features` besides disco#info itself.
  explicit Caps(std::vector<std::string> features);

  /// The child of a presence.
  std::string_view presence() const { return presence_; }
  /// The content of the answer to a disco#info request.
  std::string answer() const;

 private:
  std::vector<std::string> features_;
  std::string node_;  ///< with the hash
  std::string presence_;
};

}  // namespace vestnik::bench
