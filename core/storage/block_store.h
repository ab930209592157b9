#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace vestnik::storage {

/// Block lists (XEP-0191): canonical addresses of any form, full and domain JIDs among them; otherwise the
/// conventions of AccountStore.
class BlockStore {
 public:
  virtual ~BlockStore() = default;

  /// In the order of the addresses.
  virtual std::vector<std::string> load(std::string_view owner) = 0;
  /// Addresses that are on the list already stay there.
  virtual void add(std::string_view owner, std::span<const std::string> jids) = 0;
  /// Addresses that are not on the list are passed over.
  virtual void remove(std::string_view owner, std::span<const std::string> jids) = 0;
  virtual void clear(std::string_view owner) = 0;
};

}  // namespace vestnik::storage
