#pragma once
#include <string>
#include <string_view>

#include "core/storage/error.h"
#include "server/admin/protocol.h"

namespace vestnik::admin {

inline std::unexpected<CommandError> refused(std::string_view code, std::string text) {
  return Err(CommandError{std::string(code), std::move(text)});
}

/// What the store could not do.
inline std::unexpected<CommandError> storage_failed(const storage::Error& error) {
  using enum storage::ErrorKind;
  const bool passing = error.kind == overloaded || error.kind == closed || error.kind == no_space;
  return refused(passing ? kTryAgain : "storage", error.text);
}

/// The server stops and does not do it any more.
inline std::unexpected<CommandError> stopping() { return refused(kTryAgain, "the server is stopping"); }

}  // namespace vestnik::admin
