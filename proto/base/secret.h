#pragma once
#include <string>
#include <string_view>
#include <utility>

#include "proto/base/crypto.h"

namespace vestnik {

/// A password, key or token on its way through the program. It moves but is not copied, has no conversion to
/// text and hence cannot be printed or logged by accident, and its memory is overwritten when it goes.
class Secret {
 public:
  Secret() = default;
  /// Takes the text over; hand it in with std::move, so that no second copy stays behind.
  explicit Secret(std::string&& text) : text_(std::move(text)) { cleanse(text); }

  Secret(Secret&& other) noexcept : Secret(std::move(other.text_)) {}
  Secret& operator=(Secret&& other) noexcept {
    if (this != &other) {
      cleanse(text_);
      text_ = std::move(other.text_);
      cleanse(other.text_);  // a short text is copied by a move, not taken
    }
    return *this;
  }
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  ~Secret() { cleanse(text_); }

  /// The bytes, named so that a reader of the code stops here. Valid as long as this object is not moved
  /// from.
  std::string_view reveal() const { return text_; }
  bool empty() const { return text_.empty(); }

  /// In constant time.
  bool equals(std::string_view other) const { return equal_constant_time(text_, other); }

 private:
  std::string text_;
};

}  // namespace vestnik
