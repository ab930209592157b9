// The preparation of each part of an address, and of domains for DNS.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <unicode/uchar.h>

#include <algorithm>

#include "proto/base/limits.h"
#include "proto/base/utf8.h"
#include "proto/jid/ascii.h"
#include "proto/jid/idna.h"
#include "proto/jid/jid.h"
#include "proto/jid/precis.h"

namespace vestnik {
namespace {

using jid_ascii::is_ascii;
using jid_ascii::may_stand;

/// Composition and width mapping shorten a text to a third at most, so what is longer cannot end within the
/// limit (or consists of characters that Nodeprep drops). Bounds the work that a hostile address can cause.
constexpr std::size_t kMaxRawPartBytes = 4 * kMaxJidPartBytes;

Result<std::string, JidError> limited(std::optional<std::string> prepared, JidError refusal) {
  if (!prepared) return Err(refusal);
  if (prepared->size() > kMaxJidPartBytes) return Err(JidError::too_long);
  return *std::move(prepared);
}

/// What every part is asked first.
std::optional<JidError> check_raw(std::string_view text, JidError if_empty) {
  if (text.empty()) return if_empty;
  if (text.size() > kMaxRawPartBytes) return JidError::too_long;
  if (!is_valid_utf8(text)) return JidError::bad_utf8;
  return std::nullopt;
}

bool all_ascii(std::string_view text) { return std::ranges::all_of(text, is_ascii); }

bool all_in_local(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return !is_ascii(c) || may_stand(c, jid_ascii::kLocal); });
}

/// For ASCII the profile comes down to lower case and a set of characters, and Nodeprep allows no other ones.
std::optional<std::string> local_of_ascii(std::string_view text) {
  std::string lowered(text);
  std::ranges::transform(lowered, lowered.begin(), jid_ascii::lower);
  if (!all_in_local(lowered)) return std::nullopt;
  return lowered;
}

/// RULES 8: PRECIS, with Nodeprep once as a bridge from what clients of the older profile send.
std::optional<std::string> local_of_unicode(std::string_view text) {
  std::optional<std::string> prepared = precis::username_case_mapped(text);
  if (!prepared) {
    const std::optional<std::string> older = precis::nodeprep(text);
    if (older) prepared = precis::username_case_mapped(*older);
  }
  if (!prepared || !all_in_local(*prepared)) return std::nullopt;  // width mapping can bring excluded ones in
  return prepared;
}

bool is_bracketed(std::string_view domain) { return domain.starts_with('['); }

/// `[IPv6]` (RFC 7622 §3.2, RFC 3986 §3.2.2) in the form that inet_ntop gives. No zones: they mean something
/// else on every host. IPv4 literals need no such thing: dotted decimal is a sequence of labels and stays
/// what it is.
std::optional<std::string> canonical_literal(std::string_view domain) {
  if (!domain.ends_with(']') || domain.contains('\0')) return std::nullopt;
  const std::string address(domain.substr(1, domain.size() - 2));
  in6_addr bytes{};
  if (inet_pton(AF_INET6, address.c_str(), &bytes) != 1) return std::nullopt;
  char text[INET6_ADDRSTRLEN] = {};
  if (inet_ntop(AF_INET6, &bytes, text, sizeof text) == nullptr) return std::nullopt;
  return fmt::format("[{}]", text);
}

}  // namespace

Result<std::string, JidError> prepare_local(std::string_view text) {
  if (const auto error = check_raw(text, JidError::empty_local)) return Err(*error);
  return limited(all_ascii(text) ? local_of_ascii(text) : local_of_unicode(text), JidError::bad_local);
}

Result<std::string, JidError> prepare_domain(std::string_view text) {
  if (const auto error = check_raw(text, JidError::empty_domain)) return Err(*error);
  return limited(is_bracketed(text) ? canonical_literal(text) : idna::to_unicode(text), JidError::bad_domain);
}

Result<std::string, JidError> prepare_resource(std::string_view text) {
  if (const auto error = check_raw(text, JidError::empty_resource)) return Err(*error);
  const auto is_plain = [](char c) { return may_stand(c, jid_ascii::kResource); };
  return limited(std::ranges::all_of(text, is_plain) ? std::string(text) : precis::opaque_string(text),
                 JidError::bad_resource);
}

Result<std::string, JidError> domain_to_ascii(std::string_view domain) {
  if (const auto error = check_raw(domain, JidError::empty_domain)) return Err(*error);
  return limited(is_bracketed(domain) ? canonical_literal(domain) : idna::to_ascii(domain),
                 JidError::bad_domain);
}

std::string jid_tables_version() {
  UVersionInfo unicode{};
  u_getUnicodeVersion(unicode);
  return fmt::format("unicode-{}.{}", unicode[0], unicode[1]);
}

}  // namespace vestnik
