#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace vestnik::storage {

/// Facts about this server as a whole that must survive it: its secret, the key of the address hash, the
/// version of the tables that addresses were prepared with (RULES 8).
class MetaStore {
 public:
  virtual ~MetaStore() = default;

  /// The bytes as they were put, if there are any.
  virtual std::optional<std::string> get(std::string_view key) = 0;
  virtual void put(std::string_view key, std::string_view bytes) = 0;
};

}  // namespace vestnik::storage
