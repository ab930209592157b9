#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vestnik::storage {

/// The name of an element kept as private XML: at most one of each per owner.
struct PrivateKey {
  std::string ns;
  std::string name;

  friend bool operator==(const PrivateKey&, const PrivateKey&) = default;
};

/// Private XML storage (XEP-0049); conventions as in AccountStore.
class PrivateStore {
 public:
  virtual ~PrivateStore() = default;

  /// The element as it was put, if there is one.
  virtual std::optional<std::string> get(std::string_view owner, const PrivateKey& key) = 0;
  virtual void put(std::string_view owner, const PrivateKey& key, std::string_view xml) = 0;
  virtual std::vector<PrivateKey> list(std::string_view owner) = 0;
  /// Bytes of all elements of the owner.
  virtual std::uint64_t bytes(std::string_view owner) = 0;
};

}  // namespace vestnik::storage
