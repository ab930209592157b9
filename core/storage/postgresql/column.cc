#include "core/storage/postgresql/column.h"

#include <bit>
#include <cstring>

namespace vestnik::storage::postgresql {
namespace {

template <typename Number>
void append(std::string& bytes, Number number) {
  const Number value = std::byteswap(number);
  bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
}

// In the header: dimensions, whether there are NULLs, the type, then size and first index of the dimension.
constexpr std::size_t kSizeAt = 3 * sizeof(std::uint32_t);

}  // namespace

void Column::clear() {
  size_ = 0;
  bytes_.clear();
  for (const std::uint32_t word : {1U, 0U, static_cast<std::uint32_t>(type_), 0U, 1U}) append(bytes_, word);
}

void Column::add(std::int64_t number) {
  append(bytes_, static_cast<std::uint32_t>(sizeof number));
  append(bytes_, number);
  ++size_;
}

void Column::add(std::string_view text) {
  append(bytes_, static_cast<std::uint32_t>(text.size()));
  bytes_.append(text);
  ++size_;
}

std::string_view Column::parameter() {
  const std::uint32_t size = std::byteswap(static_cast<std::uint32_t>(size_));
  std::memcpy(bytes_.data() + kSizeAt, &size, sizeof size);
  return bytes_;
}

}  // namespace vestnik::storage::postgresql
