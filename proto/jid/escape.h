#pragma once
#include <string>
#include <string_view>

namespace vestnik {

/// A text of another network as a localpart (XEP-0106): what localparts forbid becomes `\20` and the like.
/// Spaces at the ends cannot be part of one and are dropped.
std::string jid_escape(std::string_view text);

/// The text that a localpart stands for.
std::string jid_unescape(std::string_view localpart);

}  // namespace vestnik
