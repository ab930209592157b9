#pragma once
#include <cstdint>
#include <string_view>

namespace vestnik {

/// How a read or a handshake step ended.
enum class IoStatus : std::uint8_t {
  ok,           ///< there are bytes
  would_block,  ///< nothing now: wait until the socket is readable
  eof,          ///< the peer closed its side
  failed,       ///< the connection is broken (reset, TLS alert, …)
};

}  // namespace vestnik
