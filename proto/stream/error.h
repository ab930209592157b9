#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace vestnik {

/// The defined stream error conditions of RFC 6120 §4.9.3.
enum class StreamCondition : std::uint8_t {
  bad_format,
  bad_namespace_prefix,
  conflict,
  connection_timeout,
  host_gone,
  host_unknown,
  improper_addressing,
  internal_server_error,
  invalid_from,
  invalid_namespace,
  invalid_xml,
  not_authorized,
  not_well_formed,
  policy_violation,
  remote_connection_failed,
  reset,
  resource_constraint,
  restricted_xml,
  see_other_host,
  system_shutdown,
  undefined_condition,
  unsupported_encoding,
  unsupported_feature,
  unsupported_stanza_type,
  unsupported_version,
};

/// The element's name: `not-well-formed`.
std::string_view to_string(StreamCondition condition);

/// Why a stream ends. `text` is for people (English) and says what to do where that helps; `app` is the whole
/// application-specific element, or empty. With see_other_host, `text` is the host (RFC 6120 §4.9.3.19):
/// `[::1]:5222`.
struct StreamError {
  StreamCondition condition = StreamCondition::undefined_condition;
  std::string text;
  std::string app = {};

  /// `<stream:error>…</stream:error>`, to be followed by `</stream:stream>`.
  std::string to_xml() const;
};

}  // namespace vestnik
