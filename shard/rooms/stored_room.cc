// A room as the store has it: what becomes of it there, and back.
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "proto/xml/ns.h"
#include "proto/xml/writer.h"
#include "shard/rooms/room.h"

namespace vestnik {
namespace {

// What was allowed when it was stored stays.
constexpr muc::RoomBounds kAnything{
    .max_occupants = UINT32_MAX, .history = UINT32_MAX, .name_bytes = SIZE_MAX, .text_bytes = SIZE_MAX};

std::string config_xml(const muc::RoomConfig& config) {
  std::string xml;
  xml::Writer writer(xml);
  muc::write_config_form(writer, {.config = config}, kAnything);
  return xml;
}

storage::RoomAffiliation stored_form(const Jid& user, const RoomAffiliate& affiliate) {
  return {.jid = user.full(),
          .affiliation = std::to_underlying(affiliate.affiliation),
          .nick = affiliate.nick,
          .reason = affiliate.reason};
}

}  // namespace

bool Room::restore(const storage::StoredRoom& stored) {
  const DocumentLease form(shard_, stored.record.config);
  if (!form.root()) return false;
  const auto config = muc::apply_config_form(form.root(), {}, kAnything);
  if (!config) return false;
  set_config(config->config);
  for (const auto& one : stored.affiliations) {
    if (one.affiliation > std::to_underlying(muc::Affiliation::owner)) return false;
    affiliates_.emplace(Jid(JidView::of_canonical(one.jid)),
                        RoomAffiliate{.affiliation = static_cast<muc::Affiliation>(one.affiliation),
                                      .nick = one.nick,
                                      .reason = one.reason});
  }
  if (!stored.record.subject.empty()) {
    auto subject = Stanza::from_stored(stored.record.subject);
    if (!subject) return false;
    const DocumentLease tree(shard_, subject->wire());
    const std::string text = tree.root().child("subject", ns::kClient).text();
    set_subject(std::make_shared<const Stanza>(*std::move(subject)), text);
  }
  unlock();
  stored_ = true;
  changed_ = false;
  return true;
}

std::move_only_function<void(storage::Stores&)> Room::take_changes() {
  changed_ = false;
  const std::set<Jid> users = std::exchange(changed_users_, {});
  const bool afresh = !stored_;
  stored_ = is_lasting();
  if (!stored_) {
    return [jid = address_.full()](storage::Stores& stores) { stores.rooms().remove(jid); };
  }
  storage::RoomRecord record{.jid = address_.full(),
                             .service = std::string(address_.domain()),
                             .name = config_.name,
                             .listed = config_.listed,
                             .config = config_xml(config_),
                             .subject = subject_ ? std::string(subject_->wire()) : std::string()};
  std::vector<storage::RoomAffiliation> known;
  std::vector<std::string> forgotten;
  for (const auto& [user, affiliate] : affiliates_) {
    if (afresh || users.contains(user)) known.push_back(stored_form(user, affiliate));
  }
  for (const Jid& user : users) {
    if (!affiliates_.contains(user)) forgotten.push_back(user.full());
  }
  return [afresh, record = std::move(record), known = std::move(known),
          forgotten = std::move(forgotten)](storage::Stores& stores) {
    if (afresh) stores.rooms().remove(record.jid);
    stores.rooms().put(record);
    stores.rooms().put_affiliations(record.jid, known);
    stores.rooms().remove_affiliations(record.jid, forgotten);
  };
}

}  // namespace vestnik
