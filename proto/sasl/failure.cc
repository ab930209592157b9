#include "proto/sasl/failure.h"

#include <array>

namespace vestnik::sasl {

std::string_view to_string(FailureCondition condition) {
  static constexpr std::array<std::string_view, 11> kNames{"aborted",
                                                           "account-disabled",
                                                           "credentials-expired",
                                                           "encryption-required",
                                                           "incorrect-encoding",
                                                           "invalid-authzid",
                                                           "invalid-mechanism",
                                                           "malformed-request",
                                                           "mechanism-too-weak",
                                                           "not-authorized",
                                                           "temporary-auth-failure"};
  return kNames[static_cast<std::size_t>(condition)];
}

Failure bad_credentials() {
  return {FailureCondition::not_authorized, "The user name or the password is wrong."};
}

Failure malformed(std::string_view text) { return {FailureCondition::malformed_request, std::string(text)}; }

}  // namespace vestnik::sasl
