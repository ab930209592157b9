#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace vestnik::storage {

/// vCards (XEP-0054); conventions as in AccountStore.
class VcardStore {
 public:
  virtual ~VcardStore() = default;

  /// The `<vCard/>` element as it was put, if there is one.
  virtual std::optional<std::string> get(std::string_view owner) = 0;
  virtual void put(std::string_view owner, std::string_view xml) = 0;
};

}  // namespace vestnik::storage
