#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace vestnik::sasl {

/// The defined SASL error conditions of RFC 6120 §6.5.
enum class FailureCondition : std::uint8_t {
  aborted,
  account_disabled,
  credentials_expired,
  encryption_required,
  incorrect_encoding,
  invalid_authzid,
  invalid_mechanism,
  malformed_request,
  mechanism_too_weak,
  not_authorized,
  temporary_auth_failure,
};

/// The element's name: `not-authorized`.
std::string_view to_string(FailureCondition condition);

/// Why an attempt to authenticate ended. `text` is for people (English) and may be empty; it never tells more
/// about accounts than the condition does.
struct Failure {
  FailureCondition condition = FailureCondition::not_authorized;
  std::string text;

  friend bool operator==(const Failure&, const Failure&) = default;
};

/// The one answer to a wrong password, a wrong proof, an unknown user and a name nobody can have, so that the
/// four cannot be told apart (SECURITY: user enumeration).
Failure bad_credentials();

/// The message violates the syntax of its mechanism.
Failure malformed(std::string_view text);

}  // namespace vestnik::sasl
