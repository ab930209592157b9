#pragma once
#include <optional>
#include <string>

namespace vestnik::ctl {

/// The first line of standard input, without its end.
std::string password_from_stdin();

/// Asks twice at the terminal, without echo. None if the two differ or there is no terminal.
std::optional<std::string> password_from_terminal();

}  // namespace vestnik::ctl
