#include "shard/archive/archiving.h"

#include <utility>

#include "proto/xml/writer.h"
#include "shard/shard.h"

namespace vestnik {
namespace {

// An archive over its quota is cut now and then, by somewhat more than has come since.
constexpr std::uint64_t kCutEvery = 256;
constexpr std::size_t kCutAtMost = 2 * kCutEvery;

std::uint32_t quota_of(Account& account) {
  const HostConfig* host = account.shard().config().host(account.jid().domain());
  return host == nullptr ? 0 : host->archive_messages;
}

// The message as it came.
std::string without_stanza_id(const Stanza& message) {
  const ArchiveNote& note = message.archive();
  const std::string_view wire = message.wire();
  const auto cut = static_cast<std::size_t>(message.payload().data() - wire.data()) + note.stamp_at;
  std::string xml;
  xml.reserve(wire.size() - note.stamp_size);
  return xml.append(wire.substr(0, cut)).append(wire.substr(cut + note.stamp_size));
}

}  // namespace

namespace archiving {

storage::BodyId next_body(Shard& shard) {
  return shard.services().next_archive_body.fetch_add(1, std::memory_order_relaxed);
}

std::string stanza_id(Shard& shard, std::string_view owner, storage::ArchiveId id) {
  std::string xml;
  xml::Writer(xml)
      .open("stanza-id", "urn:xmpp:sid:0")
      .attr("by", owner)
      .attr("id", shard.archive_ids().encode(owner, id))
      .close();
  return xml;
}

bool wanted(Account& account, JidView peer) {
  const storage::ArchiveHead* archive = account.archive();
  if (archive == nullptr) return false;
  switch (archive->preferences.policy_for(peer)) {
    case ArchivePolicy::always: return true;
    case ArchivePolicy::never: return false;
    case ArchivePolicy::roster: break;
  }
  return account.roster().contains(peer.bare()) || account.shard().shared_groups().contains(account, peer);
}

}  // namespace archiving

ArchiveWrite::ArchiveWrite(Account& account, const ArchiveNote& note, JidView peer, std::string stanza)
    : owner_(account.jid().full()),
      peer_(peer),
      id_(note.id),
      body_(note.body != 0 ? note.body : archiving::next_body(account.shard())),
      stanza_(std::move(stanza)),
      quota_(quota_of(account)),
      searchable_(note.searchable) {}

ArchiveWrite ArchiveWrite::sent(Account& account, const Stanza& message) {
  return {account, message.archive(), message.to(), std::string(message.wire())};
}

ArchiveWrite ArchiveWrite::received(Account& account, const Stanza& message) {
  return {account, message.archive(), message.from(), without_stanza_id(message)};
}

void ArchiveWrite::perform(storage::Stores& stores) const {
  storage::ArchiveStore& archive = stores.archive();
  const std::uint64_t given = archive.append(
      owner_, {.id = id_, .body = body_, .peer = peer_, .stanza = stanza_, .searchable = searchable_});
  if (quota_ != 0 && given > quota_ && given % kCutEvery == 0)
    archive.remove_all_but(owner_, quota_, kCutAtMost);
}

}  // namespace vestnik
