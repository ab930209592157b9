#include "server/ctl/password.h"

#include <fmt/format.h>
#include <termios.h>
#include <unistd.h>

#include <cstdio>
#include <iostream>

namespace vestnik::ctl {
namespace {

/// Switches the terminal's echo off as long as it lives.
class NoEcho {
 public:
  NoEcho() {
    ::tcgetattr(STDIN_FILENO, &before_);
    termios silent = before_;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
  }
  ~NoEcho() { ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_); }
  NoEcho(const NoEcho&) = delete;
  NoEcho& operator=(const NoEcho&) = delete;

 private:
  termios before_{};
};

std::string ask(const char* prompt) {
  fmt::print(stderr, "{}: ", prompt);
  std::string line = password_from_stdin();
  fmt::print(stderr, "\n");
  return line;
}

}  // namespace

std::string password_from_stdin() {
  std::string line;
  std::getline(std::cin, line);
  if (line.ends_with('\r')) line.pop_back();
  return line;
}

std::optional<std::string> password_from_terminal() {
  if (::isatty(STDIN_FILENO) == 0) return std::nullopt;
  const NoEcho no_echo;
  std::string first = ask("Password");
  const std::string second = ask("Again");
  if (first != second) return std::nullopt;
  return first;
}

}  // namespace vestnik::ctl
