#pragma once
#include <concepts>
#include <cstdint>
#include <exception>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "proto/base/result.h"

namespace vestnik::storage {

/// Why a read or a write did not happen.
enum class ErrorKind : std::uint8_t {
  no_space,    ///< the disk, or what the database may use of it, is full
  io,          ///< any other trouble with disk or database
  constraint,  ///< contradicts what is stored, above all: there is no such account (any more)
  overloaded,  ///< too much is waiting already; it was not tried
  closed,      ///< the storage is closed or its deadline for closing has passed; it was not tried
  internal,    ///< the job itself threw something else: a bug of ours
};

/// One word for logs.
std::string_view to_string(ErrorKind kind);

/// What went wrong in the store.
struct Error {
  ErrorKind kind = ErrorKind::internal;
  std::string text;  ///< for logs and administrators, never for peers
};

/// How stores report an Error. It is thrown and caught on storage threads only, and at start-up by
/// open_storage(); everybody else sees the Error as a value.
class Failure : public std::runtime_error {
 public:
  explicit Failure(const Error& error) : std::runtime_error(error.text), kind_(error.kind) {}
  ErrorKind kind() const { return kind_; }
  Error error() const { return {kind_, what()}; }

 private:
  ErrorKind kind_;
};

/// Runs `action` and gives back what it throws as a value.
template <std::invocable Action>
Result<void, Error> guarded(Action&& action) {
  try {
    std::forward<Action>(action)();
    return {};
  } catch (const Failure& failure) {
    return Err(failure.error());
  } catch (const std::exception& bug) {
    return Err(Error{ErrorKind::internal, bug.what()});
  }
}

}  // namespace vestnik::storage
