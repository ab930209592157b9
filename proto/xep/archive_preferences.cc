#include "proto/xep/archive_preferences.h"

#include <algorithm>
#include <array>
#include <utility>

#include "proto/xml/ns.h"
#include "proto/xml/writer.h"

namespace vestnik {
namespace {

constexpr std::array<std::string_view, 3> kPolicies{"always", "never", "roster"};

// §2.6: an address with a resource is compared as it is, one without with the peer's bare address.
bool lists(const std::vector<std::string>& jids, JidView peer) {
  return std::ranges::any_of(
      jids, [&](const std::string& jid) { return jid == peer.full() || jid == peer.bare(); });
}

Result<std::vector<std::string>, StanzaReject> parse_list(xml::Element list) {
  std::vector<std::string> jids;
  if (!list) return jids;
  for (const xml::Element item : list.children()) {
    if (item.name() != "jid") return Err(StanzaReject{StanzaCondition::bad_request, "a list has addresses"});
    const auto jid = Jid::parse(item.text());
    if (!jid) return Err(StanzaReject{StanzaCondition::jid_malformed, std::string(to_string(jid.error()))});
    jids.push_back(jid->full());
  }
  std::ranges::sort(jids);
  const auto repeated = std::ranges::unique(jids);
  jids.erase(repeated.begin(), repeated.end());
  return jids;
}

void write_list(xml::Writer& writer, std::string_view name, const std::vector<std::string>& jids) {
  writer.open(name);
  for (const std::string& jid : jids) writer.leaf("jid", jid);
  writer.close();
}

}  // namespace

ArchivePolicy ArchivePreferences::policy_for(JidView peer) const {
  if (lists(never, peer)) return ArchivePolicy::never;
  if (lists(always, peer)) return ArchivePolicy::always;
  return otherwise;
}

Result<ArchivePreferences, StanzaReject> parse_archive_preferences(xml::Element prefs) {
  const auto policy = std::ranges::find(kPolicies, prefs.attr_or_empty("default"));
  if (policy == kPolicies.end()) {
    return Err(StanzaReject{StanzaCondition::bad_request, "default is always, never or roster"});
  }
  auto always = parse_list(prefs.child("always"));
  if (!always) return Err(std::move(always.error()));
  auto never = parse_list(prefs.child("never"));
  if (!never) return Err(std::move(never.error()));
  return ArchivePreferences{.otherwise = static_cast<ArchivePolicy>(policy - kPolicies.begin()),
                            .always = std::move(*always),
                            .never = std::move(*never)};
}

std::string write_archive_preferences(const ArchivePreferences& preferences) {
  std::string xml;
  xml::Writer writer(xml);
  writer.open("prefs", ns::kArchive).attr("default", kPolicies[std::to_underlying(preferences.otherwise)]);
  write_list(writer, "always", preferences.always);
  write_list(writer, "never", preferences.never);
  writer.close();
  return xml;
}

}  // namespace vestnik
