#pragma once
#include <array>
#include <string>

namespace vestnik {

/// The I/O buffers of one thread, shared by all its connections, so that an idle connection holds none. Whoever suspends
/// with unread bytes in them copies those first (Transport::park_input()).
struct IoBuffers {
  std::array<char, 64 * 1024> received;   ///< bytes as they came from the socket
  std::array<char, 32 * 1024> plaintext;  ///< what TLS made of them
  std::string to_send;                    ///< ciphertext of one flush
};

}  // namespace vestnik
