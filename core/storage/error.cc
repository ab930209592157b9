#include "core/storage/error.h"

namespace vestnik::storage {

std::string_view to_string(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::no_space: return "no_space";
    case ErrorKind::io: return "io";
    case ErrorKind::constraint: return "constraint";
    case ErrorKind::overloaded: return "overloaded";
    case ErrorKind::closed: return "closed";
    case ErrorKind::internal: return "internal";
  }
  return "unknown";
}

}  // namespace vestnik::storage
