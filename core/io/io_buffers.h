#pragma once
#include <array>
#include <string>
#include <utility>
#include <vector>

namespace vestnik {

/// The I/O buffers of one thread, shared by all its connections, so that an idle connection holds none.
/// Whoever suspends with unread bytes in them copies those first (Transport::park_input()).
struct IoBuffers {
  std::array<char, std::size_t{64} * 1024> received;   ///< bytes as they came from the socket
  std::array<char, std::size_t{32} * 1024> plaintext;  ///< what TLS made of them
  std::string to_send;                                 ///< ciphertext of one flush

  /// An empty string with room, for an outbox that is given back at the end of the turn.
  std::string take_string() {
    if (spare.empty()) return {};
    std::string taken = std::move(spare.back());
    spare.pop_back();
    return taken;
  }
  void give_string(std::string used) {
    constexpr std::size_t kKeptStrings = 64;
    constexpr std::size_t kKeptBytes = std::size_t{64} * 1024;
    if (spare.size() >= kKeptStrings || used.capacity() > kKeptBytes) return;
    used.clear();
    spare.push_back(std::move(used));
  }
  std::vector<std::string> spare;
};

}  // namespace vestnik
