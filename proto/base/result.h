#pragma once
#include <expected>

namespace vestnik {

/// A value or the reason why there is none. What peers get wrong is a value, never an exception.
template <typename T, typename E>
using Result = std::expected<T, E>;

/// The failing side of a Result: `return Err(JidError::empty_domain);`
template <typename E>
std::unexpected<E> Err(E error) {
  return std::unexpected<E>(std::move(error));
}

}  // namespace vestnik
