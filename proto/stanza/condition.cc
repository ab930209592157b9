#include "proto/stanza/condition.h"

#include <array>
#include <utility>

namespace vestnik {
namespace {

using Row = std::pair<std::string_view, std::string_view>;

// In the order of the enumeration.
constexpr std::array<Row, 22> kConditions{{
    {"bad-request", "modify"},
    {"conflict", "cancel"},
    {"feature-not-implemented", "cancel"},
    {"forbidden", "auth"},
    {"gone", "cancel"},
    {"internal-server-error",
     "wait"},  // RFC: cancel; RULES 1 and 3 use it for "try again", which `wait` says
    {"item-not-found", "cancel"},
    {"jid-malformed", "modify"},
    {"not-acceptable", "modify"},
    {"not-allowed", "cancel"},
    {"not-authorized", "auth"},
    {"policy-violation", "modify"},
    {"recipient-unavailable", "wait"},
    {"redirect", "modify"},
    {"registration-required", "auth"},
    {"remote-server-not-found", "cancel"},
    {"remote-server-timeout", "wait"},
    {"resource-constraint", "wait"},
    {"service-unavailable", "cancel"},
    {"subscription-required", "auth"},
    {"undefined-condition", "cancel"},
    {"unexpected-request", "wait"},
}};

}  // namespace

std::string_view to_string(StanzaCondition condition) {
  return kConditions[std::to_underlying(condition)].first;
}

std::string_view error_type(StanzaCondition condition) {
  return kConditions[std::to_underlying(condition)].second;
}

}  // namespace vestnik
