#include "core/config/codecs.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <sstream>

#include "core/config/network.h"
#include "proto/base/units.h"

namespace vestnik::config {
namespace {

/// The list of texts in `value`, each read by `read`.
template <typename T, typename Read>
Parsed<std::vector<T>> parse_list(const Value& value, Read&& read) {
  const auto* texts = std::get_if<std::vector<std::string>>(&value);
  if (texts == nullptr) return Err(std::string("expected a list, like [\"…\", \"…\"]"));
  std::vector<T> list;
  for (const std::string& text : *texts) {
    Parsed<T> item = read(text);
    if (!item) return Err(std::move(item.error()));
    list.push_back(*std::move(item));
  }
  return list;
}

/// A TOML list of texts, each made by `text_of`.
template <typename T, typename TextOf>
std::string print_list(const std::vector<T>& list, TextOf&& text_of) {
  std::vector<std::string> quoted;
  quoted.reserve(list.size());
  for (const T& item : list) quoted.push_back(quote(text_of(item)));
  return fmt::format("[{}]", fmt::join(quoted, ", "));
}

/// What stands between spaces.
std::vector<std::string> words_of(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

/// A whole number between two bounds.
template <typename T>
Parsed<T> parse_whole(const Value& value, T min, T max) {
  const auto* number = std::get_if<std::int64_t>(&value);
  if (number == nullptr) return Err(std::string("expected a whole number"));
  if (*number < 0 || static_cast<std::uint64_t>(*number) < min || static_cast<std::uint64_t>(*number) > max) {
    return Err(fmt::format("{} is not between {} and {}", *number, min, max));
  }
  return static_cast<T>(*number);
}

Parsed<std::string> parse_domain(const std::string& text) {
  Result<std::string, JidError> domain = prepare_domain(text);
  if (!domain) return Err(fmt::format("\"{}\" is no domain: {}", text, to_string(domain.error())));
  return *std::move(domain);
}

/// "1 to 10", or "at least 1" when there is no upper bound.
template <typename T, typename Print>
std::string describe_range(T min, T max, Print&& print) {
  if (max == std::numeric_limits<T>::max()) return "at least " + print(min);
  return fmt::format("{} to {}", print(min), print(max));
}

}  // namespace

std::string quote(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      quoted += '\\';
      quoted += c;
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      quoted += fmt::format("\\u{:04X}", static_cast<unsigned>(c));
    } else {
      quoted += c;
    }
  }
  return quoted + '"';
}

Parsed<bool> Flag::parse(const Value& value) const {
  const bool* flag = std::get_if<bool>(&value);
  if (flag == nullptr) return Err(std::string("expected true or false"));
  return *flag;
}

Parsed<std::uint32_t> Count::parse(const Value& value) const { return parse_whole(value, min, max); }

std::string Count::describe() const {
  return describe_range(min, max, [](std::uint32_t n) { return std::to_string(n); });
}

Parsed<std::uint16_t> Port::parse(const Value& value) const {
  return parse_whole(value, std::numeric_limits<std::uint16_t>::min(),
                     std::numeric_limits<std::uint16_t>::max());
}

Parsed<std::uint64_t> Size::parse(const Value& value) const {
  Parsed<std::uint64_t> size = Err(std::string("expected a size, like \"256KiB\""));
  if (const auto* text = std::get_if<std::string>(&value)) {
    size = parse_size(*text);
  } else if (std::holds_alternative<std::int64_t>(value)) {
    size = parse_whole(value, min, max);
  }
  if (size && (*size < min || *size > max)) {
    return Err(
        fmt::format("{} is not between {} and {}", format_size(*size), format_size(min), format_size(max)));
  }
  return size;
}

std::string Size::print(std::uint64_t value) const {
  return value % 1024 == 0 && value != 0 ? quote(format_size(value)) : std::to_string(value);
}

std::string Size::describe() const { return describe_range(min, max, format_size); }

Parsed<milliseconds> Duration::parse(const Value& value) const {
  const auto* text = std::get_if<std::string>(&value);
  if (text == nullptr) return Err(std::string("expected a duration, like \"30s\""));
  Parsed<milliseconds> duration = parse_duration(*text);
  if (duration && (*duration < min || *duration > max)) {
    return Err(fmt::format("{} is not between {} and {}", *text, format_duration(min), format_duration(max)));
  }
  return duration;
}

std::string Duration::print(milliseconds value) const { return quote(format_duration(value)); }

std::string Duration::describe() const {
  if (max == milliseconds::max()) return "at least " + format_duration(min);
  return fmt::format("{} to {}", format_duration(min), format_duration(max));
}

Parsed<std::string> Text::parse(const Value& value) const {
  const auto* text = std::get_if<std::string>(&value);
  if (text == nullptr) return Err(std::string("expected a text in quotes"));
  if (!choices.empty() && std::ranges::find(choices, *text) == choices.end()) {
    return Err(fmt::format("\"{}\" is not one of {}", *text, describe()));
  }
  return *text;
}

std::string Text::describe() const {
  std::vector<std::string> quoted;
  quoted.reserve(choices.size());
  for (const std::string& choice : choices) quoted.push_back(quote(choice));
  return fmt::format("{}", fmt::join(quoted, ", "));
}

Parsed<std::string> Path::parse(const Value& value) const {
  const auto* text = std::get_if<std::string>(&value);
  if (text == nullptr) return Err(std::string("expected a path in quotes"));
  return *text;
}

Parsed<std::string> Domain::parse(const Value& value) const {
  const auto* text = std::get_if<std::string>(&value);
  if (text == nullptr) return Err(std::string("expected a domain in quotes"));
  return parse_domain(*text);
}

Parsed<std::vector<std::string>> Domains::parse(const Value& value) const {
  return parse_list<std::string>(value, parse_domain);
}

std::string Domains::print(const std::vector<std::string>& value) const { return Texts{}.print(value); }

Parsed<std::vector<std::string>> Texts::parse(const Value& value) const {
  return parse_list<std::string>(value, [](const std::string& text) -> Parsed<std::string> { return text; });
}

std::string Texts::print(const std::vector<std::string>& value) const {
  return print_list(value, [](const std::string& text) { return text; });
}

Parsed<std::vector<std::string>> Addresses::parse(const Value& value) const {
  return parse_list<std::string>(value, [](const std::string& text) -> Parsed<std::string> {
    AddressBytes bytes;
    if (!parse_address(text, bytes)) return Err(fmt::format("\"{}\" is no IPv4 or IPv6 address", text));
    return text;
  });
}

Parsed<std::vector<std::string>> Uris::parse(const Value& value) const {
  return parse_list<std::string>(value, [](const std::string& text) -> Parsed<std::string> {
    const std::size_t colon = text.find(':');
    if (colon == std::string::npos || colon == 0) {
      return Err(fmt::format("\"{}\" is no URI: write one like mailto:admin@example.org", text));
    }
    return text;
  });
}

Parsed<std::vector<Jid>> BareJids::parse(const Value& value) const {
  return parse_list<Jid>(value, [](const std::string& text) -> Parsed<Jid> {
    Result<Jid, JidError> jid = Jid::parse(text);
    if (!jid) return Err(fmt::format("\"{}\" is no address: {}", text, to_string(jid.error())));
    if (!jid->has_local() || !jid->is_bare()) {
      return Err(fmt::format("\"{}\" is no account: write one like juliet@example.org", text));
    }
    return *std::move(jid);
  });
}

std::string BareJids::print(const std::vector<Jid>& value) const {
  return print_list(value, [](const Jid& jid) { return jid.full(); });
}

Choice<IqAccess> iq_access() {
  using enum IqAccess;
  Choice<IqAccess> choice;
  for (const IqAccess access : {none, get, set, both}) choice.names.emplace_back(to_string(access), access);
  return choice;
}

Parsed<std::vector<IqPrivilege>> IqPrivileges::parse(const Value& value) const {
  return parse_list<IqPrivilege>(value, [](const std::string& text) -> Parsed<IqPrivilege> {
    const std::vector<std::string> words = words_of(text);
    if (words.size() != 2) return Err(fmt::format("\"{}\": write a namespace and get, set or both", text));
    const Parsed<IqAccess> access = iq_access().parse(words[1]);
    if (!access) return Err(fmt::format("\"{}\": {}", words[1], access.error()));
    return IqPrivilege{.ns = words[0], .access = *access};
  });
}

std::string IqPrivileges::print(const std::vector<IqPrivilege>& value) const {
  return print_list(
      value, [](const IqPrivilege& one) { return fmt::format("{} {}", one.ns, to_string(one.access)); });
}

Parsed<std::vector<Delegation>> Delegations::parse(const Value& value) const {
  return parse_list<Delegation>(value, [](const std::string& text) -> Parsed<Delegation> {
    std::vector<std::string> words = words_of(text);
    if (words.empty()) return Err(std::string("write a namespace, and attributes it must have"));
    Delegation delegation{.ns = std::move(words.front()), .attributes = {}};
    delegation.attributes.assign(std::next(words.begin()), words.end());
    return delegation;
  });
}

std::string Delegations::print(const std::vector<Delegation>& value) const {
  return print_list(value, [](const Delegation& one) {
    return one.attributes.empty() ? one.ns : fmt::format("{} {}", one.ns, fmt::join(one.attributes, " "));
  });
}

Parsed<std::vector<Network>> Networks::parse(const Value& value) const {
  return parse_list<Network>(value, parse_network);
}

std::string Networks::print(const std::vector<Network>& value) const {
  return print_list(value, format_network);
}

}  // namespace vestnik::config
