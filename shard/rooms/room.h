#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/storage/room_store.h"
#include "proto/base/string_hash.h"
#include "proto/stanza/stanza.h"
#include "proto/xep/muc.h"
#include "proto/xep/muc_config.h"
#include "shard/rooms/forwarded_requests.h"
#include "shard/rooms/history.h"
#include "shard/rooms/occupant.h"
#include "shard/shard.h"

namespace vestnik {

/// What a room knows of a user who need not be there (XEP-0045 §5.2).
struct RoomAffiliate {
  muc::Affiliation affiliation = muc::Affiliation::none;
  std::string nick = {};  ///< reserved for the user; empty: none
  std::string reason = {};

  friend bool operator==(const RoomAffiliate&, const RoomAffiliate&) = default;
};

/// A room (XEP-0045): an entity that lives on the shard that owns its address. This is who is there, who may
/// be what, and how to reach them; what happens is in the other files of this folder. The shard's thread
/// only.
class Room {
 public:
  using Occupants = std::map<std::string, std::unique_ptr<rooms::Occupant>, std::less<>>;  ///< by nickname
  using Affiliates = std::map<Jid, RoomAffiliate>;  ///< by bare address; a domain's is for all of its users

  Room(Shard& shard, Jid address);
  Room(const Room&) = delete;
  Room& operator=(const Room&) = delete;

  Shard& shard() { return shard_; }
  const Jid& address() const { return address_; }
  /// `[features.muc]`
  template <typename T>
  const T& option(std::string_view name) const {
    return shard_.config().features.find("muc")->second.get<T>(name);
  }
  muc::RoomBounds bounds() const;

  const muc::RoomConfig& config() const { return config_; }
  void set_config(muc::RoomConfig config);
  /// A new room is locked until its owner has configured it: nobody else gets in (§10.1).
  bool is_locked() const { return locked_; }
  void unlock() { locked_ = false; }
  /// Nobody is in it any more, and it is not to be found again.
  bool is_destroyed() const { return destroyed_; }
  void set_destroyed() { destroyed_ = true; }

  // Who is there
  const Occupants& occupants() const { return occupants_; }
  rooms::Occupant* by_nick(std::string_view nick) const;
  /// By a client's full address.
  rooms::Occupant* by_session(std::string_view full) const;
  rooms::Occupant& add(Jid address, JidView user);
  void add_session(rooms::Occupant& occupant, JidView full);
  /// False: that was the occupant's last one, and the occupant is gone.
  bool remove_session(rooms::Occupant& occupant, JidView full);
  std::unique_ptr<rooms::Occupant> remove(rooms::Occupant& occupant);
  void rename(rooms::Occupant& occupant, Jid address);
  void set_role(rooms::Occupant& occupant, muc::Role role);

  // Who may be what
  const Affiliates& affiliates() const { return affiliates_; }
  muc::Affiliation affiliation(JidView user) const;
  const RoomAffiliate* affiliate(JidView user) const;
  /// None without a nickname is forgotten. Occupants' roles are the caller's business.
  void set_affiliate(JidView user, RoomAffiliate affiliate);
  /// Whether the nickname is reserved for somebody else.
  bool is_reserved_from(std::string_view nick, JidView user) const;
  std::size_t owner_count() const;

  // Reaching them
  /// Whether the occupant may see the others' real addresses.
  bool sees_addresses(const rooms::Occupant& occupant) const;
  /// `stanza` has no `to`.
  void send_to_all(Stanza stanza);
  /// The same to those who see real addresses and another to those who do not; `except` get neither.
  void send_by_sight(const std::shared_ptr<const Stanza>& open, const std::shared_ptr<const Stanza>& veiled,
                     const std::vector<Jid>& except = {});
  /// To all clients of one occupant.
  void send_to(const rooms::Occupant& occupant, const Stanza& stanza);

  rooms::History& history() { return history_; }
  rooms::ForwardedRequests& forwarded() { return forwarded_; }
  /// As what the service's entity lists it, as far as it was told; none: not at all.
  std::optional<std::string>& listed_as() { return listed_as_; }
  /// The last message about the subject; null: there never was one (§8.1).
  const std::shared_ptr<const Stanza>& subject() const { return subject_; }
  const std::string& subject_text() const { return subject_text_; }
  void set_subject(std::shared_ptr<const Stanza> message, std::string text);

  // What outlives the occupants
  /// Takes over what was stored. False: it is damaged.
  bool restore(const storage::StoredRoom& stored);
  /// Whether it is to be found when nobody is in it.
  bool is_lasting() const { return config_.persistent && !locked_ && !destroyed_; }
  /// Whether what is stored is not what is true.
  bool needs_storing() const {
    return is_lasting() ? !stored_ || changed_ || !changed_users_.empty() : stored_;
  }
  /// What makes it so, on a storage thread; from now on all counts as stored.
  std::move_only_function<void(storage::Stores&)> take_changes();
  /// That has failed: everything is to be stored again.
  void forget_stored() { stored_ = false; }
  /// Answers a request when what it has changed is stored.
  void answer_when_stored(Stanza iq) { waiting_answers_.push_back(std::move(iq)); }
  std::vector<Stanza> take_waiting_answers() { return std::exchange(waiting_answers_, {}); }
  storage::WriteSeq last_write() const { return last_write_; }
  void set_last_write(storage::WriteSeq write) { last_write_ = write; }
  /// Since when nobody is in it.
  Reactor::Clock::time_point empty_since() const { return empty_since_; }
  void set_empty_since(Reactor::Clock::time_point since) { empty_since_ = since; }

  /// So many are there that not everybody's coming and going is told to all.
  bool is_quiet() const { return quiet_; }
  void set_quiet(bool quiet) { quiet_ = quiet; }

 private:
  struct Reach {
    Recipients all;
    Recipients open;    ///< those who see real addresses
    Recipients veiled;  ///< those who do not
  };
  const Reach& reach();
  void occupants_changed() { reach_.reset(); }

  Shard& shard_;
  Jid address_;
  muc::RoomConfig config_;
  bool locked_ = true;
  bool destroyed_ = false;
  bool quiet_ = false;
  Occupants occupants_;
  std::unordered_map<std::string, rooms::Occupant*, StringHash, std::equal_to<>> by_session_;
  Affiliates affiliates_;
  std::optional<Reach> reach_;  ///< none: somebody came or went since
  rooms::History history_;
  rooms::ForwardedRequests forwarded_;
  std::shared_ptr<const Stanza> subject_;
  std::string subject_text_;
  std::optional<std::string> listed_as_;
  bool stored_ = false;
  bool changed_ = false;         ///< configuration or subject, since they were stored
  std::set<Jid> changed_users_;  ///< affiliates, likewise
  std::vector<Stanza> waiting_answers_;
  storage::WriteSeq last_write_ = storage::kNoWrite;
  Reactor::Clock::time_point empty_since_;
};

}  // namespace vestnik
