#pragma once
#include <optional>
#include <string>
#include <string_view>

/// Internationalised domain names: IDNA2008 (RFC 5890-5893) behind the mapping of UTS 46, non-transitional.
/// Pure functions, any thread.
///
/// Labels of plain ASCII are taken as DNS and certificates have them in practice: letters, digits, hyphens
/// inside, and underscores; the "--" that IDNA reserves is tolerated. The Bidi Rule is applied to each label
/// by itself (RFC 5891 §5.4). A label has at most 63 bytes in its ASCII form; the 255 bytes that DNS allows a
/// whole name are left to DNS, because an address may have a domain of 1,023 (RFC 7622 §3.2).
namespace vestnik::idna {

/// Lower-case U-labels, no trailing dot. The result gives itself again. Nothing if a label is empty or
/// refused.
std::optional<std::string> to_unicode(std::string_view domain);

/// Lower-case A-labels, no trailing dot.
std::optional<std::string> to_ascii(std::string_view domain);

}  // namespace vestnik::idna
