#pragma once
#include <string>
#include <string_view>

#include "proto/stanza/condition.h"

namespace vestnik::pubsub {

/// Why a service refuses a request: a condition of RFC 6120, and what XEP-0060 adds to it (§12).
struct Refusal {
  StanzaCondition condition;
  std::string_view reason = {};   ///< a condition of pubsub#errors, such as `closed-node`; a literal
  std::string_view feature = {};  ///< of the reason `unsupported`; a literal
  std::string_view text = {};     ///< for people; a literal

  friend bool operator==(const Refusal&, const Refusal&) = default;
};

/// The application-specific condition, serialised; empty without a reason.
std::string reason_xml(const Refusal& refusal);

}  // namespace vestnik::pubsub
