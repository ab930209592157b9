#include "shard/session/stamps.h"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <string>

#include "proto/base/datetime.h"
#include "proto/xml/ns.h"
#include "proto/xml/writer.h"

namespace vestnik {
namespace {

bool has_any(const Stanza& stanza, std::initializer_list<Mark> marks) {
  return std::ranges::any_of(marks, [&](Mark mark) { return stanza.has(mark); });
}

bool is_stanza_id(xml::Element child) { return child.is("stanza-id", "urn:xmpp:sid:0"); }

bool is_carbon(xml::Element child) {
  return child.ns() == "urn:xmpp:carbons:2" && (child.name() == "sent" || child.name() == "received");
}

bool is_archive_result(xml::Element child) { return child.is("result", ns::kArchive); }

// An address that is none is nobody's: nothing is lost with what claims to come from there.
bool names_account(std::string_view claimed, std::string_view bare) {
  const auto jid = Jid::parse(claimed);
  return !jid || jid->bare() == bare;
}

bool speaks_for_us(const Shard& shard, const Stanza& stanza, std::string_view claimed) {
  const auto jid = Jid::parse(claimed);
  return names_account(claimed, stanza.from().bare()) || (!jid->has_local() && shard.is_local(jid->domain()));
}

// Takes out the children of `root`, which is the stanza's tree, of which `is_forged` says so.
template <typename Predicate>
void strip_children(xml::Element root, Stanza& stanza, Predicate is_forged) {
  std::string kept;
  xml::Writer w(kept);
  for (const xml::Element child : root.children()) {
    if (!is_forged(child)) w.copy(child, ns::kClient);
  }
  const ArchiveNote note = stanza.archive();
  stanza = stanza.with_payload(kept);
  stanza.set_archive(note);
}

}  // namespace

void strip_forged_stamps(Shard& shard, Stanza& stanza) {
  if (!has_any(stanza, {Mark::delay, Mark::stanza_id, Mark::carbon, Mark::archive_result})) return;
  const DocumentLease tree(shard, stanza.wire());
  const auto is_forged = [&](std::string_view claimed) {
    return speaks_for_us(shard, stanza, claimed) || names_account(claimed, stanza.to().bare());
  };
  strip_children(tree.root(), stanza, [&](xml::Element child) {
    if (child.is("delay", ns::kDelay)) return is_forged(child.attr_or_empty("from"));
    if (is_stanza_id(child)) return is_forged(child.attr_or_empty("by"));
    return is_carbon(child) || is_archive_result(child);
  });
}

void strip_forged_stamps_for(Shard& shard, Stanza& stanza, std::string_view bare) {
  if (!has_any(stanza, {Mark::stanza_id, Mark::carbon})) return;
  const DocumentLease tree(shard, stanza.wire());
  strip_children(tree.root(), stanza, [&](xml::Element child) {
    return is_carbon(child) || (is_stanza_id(child) && names_account(child.attr_or_empty("by"), bare));
  });
}

void strip_stamps_of_hosts(xml::Document& document, const Config& config, Stanza& stanza) {
  if (!has_any(stanza, {Mark::delay, Mark::stanza_id})) return;
  const auto names_us = [&](std::string_view claimed) {
    const auto jid = Jid::parse(claimed);
    return !jid || config.is_own(jid->domain());
  };
  strip_children(document.parse(stanza.wire()), stanza, [&](xml::Element child) {
    if (child.is("delay", ns::kDelay)) return names_us(child.attr_or_empty("from"));
    return is_stanza_id(child) && names_us(child.attr_or_empty("by"));
  });
}

Stanza with_delay(const Stanza& message, std::chrono::system_clock::time_point reached_at) {
  const std::string_view domain = message.to().domain();
  const std::string begin = fmt::format("<delay xmlns='{}' from='{}'", ns::kDelay, domain);
  if (message.payload().contains(begin)) return message.clone();
  std::string delay;
  xml::Writer(delay)
      .open("delay", ns::kDelay)
      .attr("from", domain)
      .attr("stamp",
            format_utc(std::chrono::floor<std::chrono::milliseconds>(reached_at), Fraction::milliseconds))
      .close();
  Stanza stamped = message.with_appended(delay);
  stamped.set_archive(message.archive());
  return stamped;
}

}  // namespace vestnik
