#pragma once
#include <optional>
#include <string>
#include <string_view>

/// Preparation of international text: the two PRECIS profiles that addresses and passwords use, and what came
/// before them. Unicode's data are ICU's. All functions are pure and safe on any thread; they give nothing
/// when the text is refused (not UTF-8 included) or would be empty. A result prepares to itself.
namespace vestnik::precis {

/// RFC 8265 §3.3, UsernameCaseMapped: IdentifierClass, full-width and half-width forms mapped, lower case,
/// NFC, Bidi Rule.
std::optional<std::string> username_case_mapped(std::string_view text);

/// RFC 8265 §4.2, OpaqueString: FreeformClass, every space becomes U+0020, NFC. For resources and passwords.
std::optional<std::string> opaque_string(std::string_view text);

/// RFC 6122 appendix A, Nodeprep over Unicode 3.2: compatibility forms and case folded, invisible characters
/// dropped.
std::optional<std::string> nodeprep(std::string_view text);

}  // namespace vestnik::precis
