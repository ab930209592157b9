#pragma once
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace vestnik {

/// The defined stanza error conditions of RFC 6120 §8.3.3.
enum class StanzaCondition : std::uint8_t {
  bad_request,
  conflict,
  feature_not_implemented,
  forbidden,
  gone,
  internal_server_error,
  item_not_found,
  jid_malformed,
  not_acceptable,
  not_allowed,
  not_authorized,
  policy_violation,
  recipient_unavailable,
  redirect,
  registration_required,
  remote_server_not_found,
  remote_server_timeout,
  resource_constraint,
  service_unavailable,
  subscription_required,
  undefined_condition,
  unexpected_request,
};
inline constexpr std::size_t kStanzaConditions = 22;

/// The element's name: `service-unavailable`.
std::string_view to_string(StanzaCondition condition);

/// The error `type` that RFC 6120 §8.3.3 associates with the condition: auth, cancel, continue, modify or
/// wait.
std::string_view error_type(StanzaCondition condition);

}  // namespace vestnik
