#include "proto/jid/jid.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "proto/base/limits.h"
#include "proto/jid/ascii.h"

namespace vestnik {
namespace {

using jid_ascii::may_stand;

/// No label can be longer than 63 bytes if the domain is not; nor can it be an A-label if no two joints meet.
constexpr std::size_t kMaxPlainDomainBytes = 63;

/// Walks over a domain from `begin` as long as words and single joints alternate. The end of the walk, or 0
/// if that is behind a joint.
std::size_t plain_domain_end(std::string_view text, std::size_t begin) {
  bool after_joint = true;
  std::size_t end = begin;
  for (; end < text.size(); ++end) {
    const bool is_joint = may_stand(text[end], jid_ascii::kJoint);
    if (!is_joint && !may_stand(text[end], jid_ascii::kWord)) break;
    if (is_joint && after_joint) return 0;
    after_joint = is_joint;
  }
  return after_joint ? 0 : end;
}

/// Whether all bytes from `begin` on are U+0020 to U+007E. Looks at eight at a time, from the end, and a few
/// before `begin` if that makes whole words, which therefore have to be such bytes too.
bool is_printable_from(std::string_view text, std::size_t begin) {
  constexpr std::size_t kWordBytes = sizeof(std::uint64_t);
  constexpr std::uint64_t kOnes = 0x0101010101010101U;
  if (text.size() < kWordBytes) {
    return std::ranges::all_of(text, [](char c) { return may_stand(c, jid_ascii::kResource); });
  }
  std::uint64_t outside = 0;
  for (std::size_t end = text.size(); end > begin; end -= std::min(end, kWordBytes)) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + (std::max(end, kWordBytes) - kWordBytes), kWordBytes);
    // Sets a top bit for bytes beyond ASCII, below U+0020 and for U+007F; without these no byte carries over.
    outside |= word | (word - kOnes * 0x20U) | (word + kOnes);
  }
  return (outside & kOnes * 0x80U) == 0;
}

}  // namespace

std::string_view to_string(JidError error) {
  switch (error) {
    case JidError::empty_domain: return "the address has no domain";
    case JidError::empty_local: return "the address begins with '@'";
    case JidError::empty_resource: return "the address ends with '/'";
    case JidError::too_long: return "a part of the address is longer than 1023 bytes";
    case JidError::bad_local: return "the part before '@' has characters that are not allowed there";
    case JidError::bad_domain: return "the domain is neither a valid domain name nor an IP address";
    case JidError::bad_resource: return "the part after '/' has characters that are not allowed there";
    case JidError::bad_utf8: return "the address is not valid UTF-8";
  }
  std::unreachable();
}

JidView JidView::of_canonical(std::string_view canonical) {
  const std::size_t domain_end = std::min(canonical.find('/'), canonical.size());
  const std::size_t at = canonical.substr(0, domain_end).find('@');
  const std::size_t local_end = at == std::string_view::npos ? 0 : at;
  return {canonical, static_cast<std::uint16_t>(local_end), static_cast<std::uint16_t>(domain_end)};
}

JidView JidView::if_canonical_ascii(std::string_view text) {
  std::size_t local_end = 0;
  while (local_end < text.size() && may_stand(text[local_end], jid_ascii::kLocal)) ++local_end;
  const bool has_local = local_end < text.size() && text[local_end] == '@';
  if (has_local && (local_end == 0 || local_end > kMaxJidPartBytes)) return {};
  if (!has_local) local_end = 0;

  const std::size_t domain_begin = has_local ? local_end + 1 : 0;
  const std::size_t domain_end = plain_domain_end(text, domain_begin);
  if (domain_end == 0 || domain_end - domain_begin > kMaxPlainDomainBytes) return {};
  if (domain_end < text.size()) {
    const std::size_t resource_bytes = text.size() - domain_end - 1;
    if (text[domain_end] != '/' || resource_bytes == 0 || resource_bytes > kMaxJidPartBytes) return {};
    if (!is_printable_from(text, domain_end)) return {};
  }
  return {text, static_cast<std::uint16_t>(local_end), static_cast<std::uint16_t>(domain_end)};
}

Result<Jid, JidError> Jid::parse(std::string_view text) {
  if (const JidView plain = JidView::if_canonical_ascii(text); !plain.empty()) return Jid(plain);

  const std::size_t slash = std::min(text.find('/'), text.size());
  std::string lowered(text);
  std::transform(lowered.begin(), lowered.begin() + static_cast<std::ptrdiff_t>(slash), lowered.begin(),
                 jid_ascii::lower);
  if (const JidView plain = JidView::if_canonical_ascii(lowered); !plain.empty()) {
    return Jid(std::move(lowered), plain.local_end(), plain.domain_end());
  }

  const std::string_view bare = text.substr(0, slash);
  const std::size_t at = bare.find('@');
  if (at == 0) return Err(JidError::empty_local);
  if (slash + 1 == text.size()) return Err(JidError::empty_resource);
  const std::string_view resource = slash < text.size() ? text.substr(slash + 1) : std::string_view{};
  if (at == std::string_view::npos) return from_parts({}, bare, resource);
  return from_parts(bare.substr(0, at), bare.substr(at + 1), resource);
}

Result<Jid, JidError> Jid::from_parts(std::string_view local, std::string_view domain,
                                      std::string_view resource) {
  std::string text;
  if (!local.empty()) {
    auto prepared = prepare_local(local);
    if (!prepared) return Err(prepared.error());
    text = *std::move(prepared);
  }
  const auto local_end = static_cast<std::uint16_t>(text.size());
  if (local_end > 0) text += '@';

  const auto prepared = prepare_domain(domain);
  if (!prepared) return Err(prepared.error());
  text += *prepared;

  const auto domain_end = static_cast<std::uint16_t>(text.size());
  Jid bare(std::move(text), local_end, domain_end);
  if (resource.empty()) return bare;
  return bare.with_resource(resource);
}

Result<Jid, JidError> Jid::with_resource(std::string_view resource) const {
  const auto prepared = prepare_resource(resource);
  if (!prepared) return Err(prepared.error());
  std::string text;
  text.reserve(domain_end_ + 1U + prepared->size());
  text.append(bare()).append(1, '/').append(*prepared);
  return Jid(std::move(text), local_end_, domain_end_);
}

}  // namespace vestnik
