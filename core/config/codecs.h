#pragma once
#include <chrono>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/config/config.h"
#include "core/config/document.h"
#include "proto/base/result.h"

/// Kinds of values. Each kind reads a value out of a document within its bounds and writes it as TOML; one
/// that does not accept everything of its type describes what it does accept. Errors are sentences that
/// complete
/// "'c2s.starttls_port': …".
namespace vestnik::config {

template <typename T>
using Parsed = Result<T, std::string>;

/// A basic string of TOML.
std::string quote(std::string_view text);

/// `true` or `false`.
struct Flag {
  Parsed<bool> parse(const Value& value) const;
  std::string print(bool value) const { return value ? "true" : "false"; }
};

/// A whole number.
struct Count {
  std::uint32_t min = 0;
  std::uint32_t max = std::numeric_limits<std::uint32_t>::max();

  Parsed<std::uint32_t> parse(const Value& value) const;
  std::string print(std::uint32_t value) const { return std::to_string(value); }
  std::string describe() const;
};

/// A port, 0 to 65535.
struct Port {
  Parsed<std::uint16_t> parse(const Value& value) const;
  std::string print(std::uint16_t value) const { return std::to_string(value); }
  std::string describe() const { return "0 to 65535"; }
};

/// A number of bytes, with a unit or without.
struct Size {
  std::uint64_t min = 0;
  std::uint64_t max = std::numeric_limits<std::uint64_t>::max();

  Parsed<std::uint64_t> parse(const Value& value) const;
  std::string print(std::uint64_t value) const;
  std::string describe() const;
};

/// A duration with its unit, within bounds.
struct Duration {
  milliseconds min{0};
  milliseconds max = milliseconds::max();

  Parsed<milliseconds> parse(const Value& value) const;
  std::string print(milliseconds value) const;
  std::string describe() const;
};

/// Any text.
struct Text {
  std::vector<std::string> choices = {};  ///< empty: any text

  Parsed<std::string> parse(const Value& value) const;
  std::string print(const std::string& value) const { return quote(value); }
  std::string describe() const;
};

/// A file's path; the loader has made it absolute.
struct Path {
  Parsed<std::string> parse(const Value& value) const;
  std::string print(const std::string& value) const { return quote(value); }
};

/// One of a few names.
template <typename Enum>
struct Choice {
  std::vector<std::pair<std::string, Enum>> names;

  Parsed<Enum> parse(const Value& value) const {
    const Parsed<std::string> text = Text{choices()}.parse(value);
    if (!text) return Err(text.error());
    for (const auto& [name, choice] : names) {
      if (name == *text) return choice;
    }
    std::unreachable();  // Text accepts nothing but the names
  }
  std::string print(Enum value) const {
    for (const auto& [name, choice] : names) {
      if (choice == value) return quote(name);
    }
    std::unreachable();  // every enumerator has a name
  }
  std::string describe() const { return Text{choices()}.describe(); }

 private:
  std::vector<std::string> choices() const {
    std::vector<std::string> texts;
    texts.reserve(names.size());
    for (const auto& entry : names) texts.push_back(entry.first);
    return texts;
  }
};

/// A domain, kept in canonical form.
struct Domain {
  Parsed<std::string> parse(const Value& value) const;
  std::string print(const std::string& value) const { return quote(value); }
};

/// A list of domains, kept in canonical form.
struct Domains {
  Parsed<std::vector<std::string>> parse(const Value& value) const;
  std::string print(const std::vector<std::string>& value) const;
};

/// A list of texts.
struct Texts {
  Parsed<std::vector<std::string>> parse(const Value& value) const;
  std::string print(const std::vector<std::string>& value) const;
};

/// Addresses to listen on.
struct Addresses {
  Parsed<std::vector<std::string>> parse(const Value& value) const;
  std::string print(const std::vector<std::string>& value) const { return Texts{}.print(value); }
};

/// A list of URIs.
struct Uris {
  Parsed<std::vector<std::string>> parse(const Value& value) const;
  std::string print(const std::vector<std::string>& value) const { return Texts{}.print(value); }
};

/// A list of accounts.
struct BareJids {
  Parsed<std::vector<Jid>> parse(const Value& value) const;
  std::string print(const std::vector<Jid>& value) const;
};

/// Which iq requests may be made: `none`, `get`, `set` or `both`.
Choice<IqAccess> iq_access();

/// A list of `NAMESPACE get|set|both`.
struct IqPrivileges {
  Parsed<std::vector<IqPrivilege>> parse(const Value& value) const;
  std::string print(const std::vector<IqPrivilege>& value) const;
};

/// A list of `NAMESPACE [ATTRIBUTE…]`.
struct Delegations {
  Parsed<std::vector<Delegation>> parse(const Value& value) const;
  std::string print(const std::vector<Delegation>& value) const;
};

/// A list of address blocks.
struct Networks {
  Parsed<std::vector<Network>> parse(const Value& value) const;
  std::string print(const std::vector<Network>& value) const;
};

}  // namespace vestnik::config
