#pragma once
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "proto/base/result.h"
#include "proto/pubsub/refusal.h"
#include "proto/xep/dataform.h"
#include "proto/xml/writer.h"

namespace vestnik::pubsub {

/// Who may subscribe to a node and retrieve its items (XEP-0060 §4.5).
enum class AccessModel : std::uint8_t { open, presence, roster, authorize, whitelist };
std::string_view to_string(AccessModel model);
/// Who may publish, besides owners and publishers.
enum class PublishModel : std::uint8_t { publishers, subscribers, open };
/// When a subscriber is sent the last item without asking.
enum class SendLast : std::uint8_t { never, on_sub, on_sub_and_presence };

/// As many items as the service allows (`max`).
inline constexpr std::uint32_t kAllItems = std::numeric_limits<std::uint32_t>::max();

/// How a node behaves: the fields of the form `pubsub#node_config` (§16.4.4) that this server knows. The
/// initial values are those of an account's node (XEP-0163 §5).
struct NodeConfig {
  std::string title = {};
  std::string description = {};
  std::string type = {};  ///< of payloads: their namespace; empty: any
  AccessModel access = AccessModel::presence;
  std::vector<std::string> roster_groups = {};  ///< of the owner's roster, for AccessModel::roster
  PublishModel publish = PublishModel::publishers;
  SendLast send_last = SendLast::on_sub_and_presence;
  std::uint32_t max_items = 1;
  bool persist_items = true;
  bool deliver_notifications = true;
  bool deliver_payloads = true;
  bool notify_config = false;
  bool notify_delete = true;
  bool notify_retract = true;
  bool headline = true;  ///< type of notifications; else they are of type normal

  friend bool operator==(const NodeConfig&, const NodeConfig&) = default;
};

/// What a service allows.
struct NodeLimits {
  std::uint32_t max_items = kAllItems;
};

/// Takes over what a submitted form says; fields that this server does not know are passed over, since forms
/// of clients have them. `not-acceptable` for a value that a field cannot have.
Result<void, Refusal> apply(NodeConfig& config, std::span<const FormField> fields, const NodeLimits& limits);

/// Whether a node meets all preconditions of a request to publish (§7.1.5): it does not meet unknown ones.
bool meets(const NodeConfig& config, std::span<const FormField> preconditions);

/// The form that an owner fills in (§8.2): type `form` with the present values.
void write_config_form(xml::Writer& writer, const NodeConfig& config);
/// The present values, as notifications have them: type `result`.
void write_config_result(xml::Writer& writer, const NodeConfig& config);

/// A text for the store, and back. A field that a text does not have gets its initial value.
std::string to_stored(const NodeConfig& config);
NodeConfig from_stored(std::string_view text);

}  // namespace vestnik::pubsub
