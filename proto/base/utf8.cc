#include "proto/base/utf8.h"

#include <unicode/ustring.h>

namespace vestnik {

bool is_valid_utf8(std::string_view text) {
  UErrorCode status = U_ZERO_ERROR;
  int32_t length = 0;
  // Only asks how long the text would be in UTF-16, which is answered as "buffer too small" unless it is
  // empty.
  u_strFromUTF8(nullptr, 0, &length, text.data(), static_cast<int32_t>(text.size()), &status);
  return status == U_BUFFER_OVERFLOW_ERROR || U_SUCCESS(status);
}

}  // namespace vestnik
