#include "proto/xep/roster.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace vestnik::roster {
namespace {

std::unexpected<StanzaReject> refuse(StanzaCondition condition, std::string_view text) {
  return Err(StanzaReject{condition, std::string(text)});
}

Result<std::vector<std::string>, StanzaReject> parse_groups(xml::Element item) {
  std::vector<std::string> groups;
  for (const xml::Element child : item.children()) {
    if (!child.is("group", item.ns())) continue;
    std::string group = child.text();
    if (group.empty()) return refuse(StanzaCondition::not_acceptable, "a group without a name");
    if (group.size() > kMaxNameBytes)
      return refuse(StanzaCondition::not_acceptable, "a group's name is too long");
    if (groups.size() == kMaxGroups) return refuse(StanzaCondition::not_acceptable, "too many groups");
    if (std::ranges::find(groups, group) != groups.end()) {
      return refuse(StanzaCondition::bad_request, "the same group twice");
    }
    groups.push_back(std::move(group));
  }
  return groups;
}

template <typename Number>
bool parse_number(std::string_view text, Number& number, int base) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  return error == std::errc{} && end == text.data() + text.size();
}

}  // namespace

Result<SetRequest, StanzaReject> parse_set(xml::Element query) {
  const xml::Element item = query.first_child();
  if (!item || item.next() || !item.is("item", query.ns())) {
    return refuse(StanzaCondition::bad_request, "a roster set holds exactly one item");
  }
  const auto address = item.attr("jid");
  if (!address) return refuse(StanzaCondition::bad_request, "an item has an address");
  const auto jid = Jid::parse(*address);
  if (!jid) return refuse(StanzaCondition::jid_malformed, to_string(jid.error()));

  SetRequest request{.contact = jid->to_bare()};
  request.remove = item.attr_or_empty("subscription") == "remove";
  if (request.remove) return request;
  request.name = item.attr_or_empty("name");
  if (request.name.size() > kMaxNameBytes)
    return refuse(StanzaCondition::not_acceptable, "the name is too long");
  auto groups = parse_groups(item);
  if (!groups) return Err(std::move(groups.error()));
  request.groups = *std::move(groups);
  return request;
}

void write_item(xml::Writer& writer, std::string_view contact, std::string_view name,
                std::span<const std::string> groups, const SubscriptionState& state) {
  writer.open("item")
      .attr("jid", contact)
      .attr_if("name", name)
      .attr("subscription", subscription_text(state));
  if (state.pending_out) writer.attr("ask", "subscribe");
  if (state.approved) writer.attr("approved", "true");
  for (const auto& group : groups) writer.leaf("group", group);
  writer.close();
}

void write_removed(xml::Writer& writer, std::string_view contact) {
  writer.open("item").attr("jid", contact).attr("subscription", "remove").close();
}

std::string Version::text() const {
  return fingerprint == 0 ? fmt::format("{}", number) : fmt::format("{}-{:x}", number, fingerprint);
}

std::optional<Version> Version::parse(std::string_view text) {
  Version version;
  const std::size_t dash = text.find('-');
  if (!parse_number(text.substr(0, dash), version.number, 10)) return std::nullopt;
  if (dash != std::string_view::npos && !parse_number(text.substr(dash + 1), version.fingerprint, 16)) {
    return std::nullopt;
  }
  return version;
}

}  // namespace vestnik::roster
