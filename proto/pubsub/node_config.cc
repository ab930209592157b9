#include "proto/pubsub/node_config.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <type_traits>
#include <utility>

#include "proto/pubsub/ns.h"
#include "proto/xml/ns.h"

namespace vestnik::pubsub {
namespace {

using Values = std::vector<std::string>;
using Choices = std::span<const std::string_view>;

constexpr std::array<std::string_view, 5> kAccessModels{"open", "presence", "roster", "authorize",
                                                        "whitelist"};
constexpr std::array<std::string_view, 3> kPublishModels{"publishers", "subscribers", "open"};
constexpr std::array<std::string_view, 3> kSendLast{"never", "on_sub", "on_sub_and_presence"};
constexpr std::array<std::string_view, 2> kNotificationTypes{"normal", "headline"};
constexpr std::size_t kTextBytes = 1'024;  // of a title, description, type or group

/// A field: how clients see it, and how it is read and set. `set` says whether the value is one it can have.
struct Field {
  std::string_view var;
  std::string_view type;
  std::string_view label;
  Choices choices;
  Values (*get)(const NodeConfig&);
  bool (*set)(NodeConfig&, std::span<const std::string>);
};

// XEP-0004 §3.3: and "true" and "false", as XML Schema has it.
std::optional<bool> parse_boolean(std::string_view text) {
  if (text == "1" || text == "true") return true;
  if (text == "0" || text == "false") return false;
  return std::nullopt;
}

std::optional<std::uint32_t> parse_count(std::string_view text) {
  if (text == "max") return kAllItems;
  std::uint32_t number = 0;
  const char* end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc{} || at != end || number == 0) return std::nullopt;
  return number;
}

bool is_text(std::string_view value) { return value.size() <= kTextBytes; }

template <std::string NodeConfig::* member>
Values get_text(const NodeConfig& config) {
  return {config.*member};
}
template <std::string NodeConfig::* member>
bool set_text(NodeConfig& config, std::span<const std::string> values) {
  config.*member = values.empty() ? std::string() : values.front();
  return values.size() <= 1 && is_text(config.*member);
}

template <bool NodeConfig::* member>
Values get_boolean(const NodeConfig& config) {
  return {config.*member ? "1" : "0"};
}
template <bool NodeConfig::* member>
bool set_boolean(NodeConfig& config, std::span<const std::string> values) {
  const auto value = values.size() == 1 ? parse_boolean(values.front()) : std::nullopt;
  config.*member = value.value_or(config.*member);
  return value.has_value();
}

template <auto member, const auto& choices>
Values get_choice(const NodeConfig& config) {
  return {std::string(choices[static_cast<std::size_t>(config.*member)])};
}
template <auto member, const auto& choices>
bool set_choice(NodeConfig& config, std::span<const std::string> values) {
  const auto* const found = values.size() == 1 ? std::ranges::find(choices, values.front()) : choices.end();
  if (found == choices.end()) return false;
  using Choice = std::remove_cvref_t<decltype(config.*member)>;
  config.*member = static_cast<Choice>(found - choices.begin());
  return true;
}

Values get_groups(const NodeConfig& config) { return config.roster_groups; }
bool set_groups(NodeConfig& config, std::span<const std::string> values) {
  constexpr std::size_t kGroups = 100;
  config.roster_groups.assign(values.begin(), values.end());
  return values.size() <= kGroups && std::ranges::all_of(values, is_text);
}

Values get_max_items(const NodeConfig& config) {
  return {config.max_items == kAllItems ? "max" : std::to_string(config.max_items)};
}
bool set_max_items(NodeConfig& config, std::span<const std::string> values) {
  const auto count = values.size() == 1 ? parse_count(values.front()) : std::nullopt;
  config.max_items = count.value_or(config.max_items);
  return count.has_value();
}

template <bool NodeConfig::* member>
constexpr Field boolean(std::string_view var, std::string_view label) {
  return {var, "boolean", label, {}, get_boolean<member>, set_boolean<member>};
}
template <std::string NodeConfig::* member>
constexpr Field text(std::string_view var, std::string_view label) {
  return {var, "text-single", label, {}, get_text<member>, set_text<member>};
}
template <auto member, const auto& choices>
constexpr Field choice(std::string_view var, std::string_view label) {
  return {var, "list-single", label, choices, get_choice<member, choices>, set_choice<member, choices>};
}

constexpr std::array<Field, 15> kFields{
    text<&NodeConfig::title>("pubsub#title", "A short name for the node"),
    text<&NodeConfig::description>("pubsub#description", "A description of the node"),
    text<&NodeConfig::type>("pubsub#type", "The namespace of what is published"),
    choice<&NodeConfig::access, kAccessModels>("pubsub#access_model", "Who may subscribe and retrieve items"),
    Field{"pubsub#roster_groups_allowed",
          "text-multi",
          "The roster groups allowed to subscribe and retrieve items",
          {},
          get_groups,
          set_groups},
    choice<&NodeConfig::publish, kPublishModels>("pubsub#publish_model", "Who may publish"),
    choice<&NodeConfig::send_last, kSendLast>("pubsub#send_last_published_item",
                                              "When to send the last published item"),
    Field{"pubsub#max_items", "text-single", "How many items are kept", {}, get_max_items, set_max_items},
    boolean<&NodeConfig::persist_items>("pubsub#persist_items", "Items are kept"),
    boolean<&NodeConfig::deliver_notifications>("pubsub#deliver_notifications", "Subscribers are notified"),
    boolean<&NodeConfig::deliver_payloads>("pubsub#deliver_payloads", "Notifications have the payload"),
    boolean<&NodeConfig::notify_config>("pubsub#notify_config", "A changed configuration is announced"),
    boolean<&NodeConfig::notify_delete>("pubsub#notify_delete", "The node's deletion is announced"),
    boolean<&NodeConfig::notify_retract>("pubsub#notify_retract", "Removed items are announced"),
    choice<&NodeConfig::headline, kNotificationTypes>("pubsub#notification_type",
                                                      "The type of notifications"),
};

const Field* find(std::string_view var) {
  const auto* const found = std::ranges::find(kFields, var, &Field::var);
  return found == kFields.end() ? nullptr : found;
}

// Values cannot contain these, they come from XML.
constexpr char kEndOfValue = '\x1f';
constexpr char kEndOfField = '\x1e';

// Takes the part of `text` up to `end`, which is dropped.
std::string_view take(std::string_view& text, char end) {
  const std::size_t at = std::min(text.find(end), text.size());
  const std::string_view part = text.substr(0, at);
  text.remove_prefix(std::min(at + 1, text.size()));
  return part;
}

std::vector<FormField> to_fields(const NodeConfig& config) {
  std::vector<FormField> fields;
  for (const Field& field : kFields) fields.push_back({std::string(field.var), field.get(config)});
  return fields;
}

}  // namespace

std::string_view to_string(AccessModel model) { return kAccessModels[static_cast<std::size_t>(model)]; }

Result<void, Refusal> apply(NodeConfig& config, std::span<const FormField> fields, const NodeLimits& limits) {
  NodeConfig next = config;
  for (const auto& [var, values] : fields) {
    const Field* field = find(var);
    if (field == nullptr || field->set(next, values)) continue;
    if (var == "pubsub#access_model")
      return Err(Refusal{.condition = StanzaCondition::not_acceptable, .reason = "unsupported-access-model"});
    return Err(Refusal{.condition = StanzaCondition::not_acceptable,
                       .text = "a field has a value that it cannot have"});
  }
  if (next.max_items != kAllItems && next.max_items > limits.max_items) {
    return Err(Refusal{.condition = StanzaCondition::not_acceptable,
                       .reason = "max-items-exceeded",
                       .text = "so many items are not kept here"});
  }
  config = std::move(next);
  return {};
}

bool meets(const NodeConfig& config, std::span<const FormField> preconditions) {
  NodeConfig wanted = config;
  return std::ranges::all_of(preconditions,
                             [&](const FormField& one) {
                               const Field* field = find(one.var);
                               return field != nullptr && field->set(wanted, one.values);
                             }) &&
         wanted == config;
}

void write_config_form(xml::Writer& writer, const NodeConfig& config) {
  writer.open("x", ns::kDataForms).attr("type", "form");
  writer.open("field").attr("var", "FORM_TYPE").attr("type", "hidden").leaf("value", kNodeConfig).close();
  for (const Field& field : kFields) {
    writer.open("field").attr("var", field.var).attr("type", field.type).attr("label", field.label);
    for (const auto& value : field.get(config)) writer.leaf("value", value);
    for (const auto choice : field.choices) writer.open("option").leaf("value", choice).close();
    writer.close();
  }
  writer.close();
}

void write_config_result(xml::Writer& writer, const NodeConfig& config) {
  write_result_form(writer, kNodeConfig, to_fields(config));
}

std::string to_stored(const NodeConfig& config) {
  std::string text;
  for (const Field& field : kFields) {
    const Values values = field.get(config);
    text.append(field.var) += kEndOfValue;
    for (const auto& value : values) text.append(value) += kEndOfValue;
    text += kEndOfField;
  }
  return text;
}

NodeConfig from_stored(std::string_view text) {
  NodeConfig config;
  while (!text.empty()) {
    std::string_view rest = take(text, kEndOfField);
    const std::string_view var = take(rest, kEndOfValue);
    Values values;
    while (!rest.empty()) values.emplace_back(take(rest, kEndOfValue));
    if (const Field* field = find(var)) field->set(config, values);
  }
  return config;
}

}  // namespace vestnik::pubsub
