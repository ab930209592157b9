#pragma once
#include <string>
#include <string_view>

namespace vestnik {

/// What a component proves its secret with (XEP-0114 §3): the SHA-1 of the stream's id and the secret, in
/// lower-case hexadecimal.
std::string component_handshake(std::string_view stream_id, std::string_view secret);

/// Whether `text` is that, in either case, compared in constant time.
bool is_component_handshake(std::string_view text, std::string_view stream_id, std::string_view secret);

}  // namespace vestnik
