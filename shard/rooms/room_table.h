#pragma once
#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/runtime/timer_wheel.h"
#include "core/storage/error.h"
#include "core/storage/room_store.h"
#include "core/storage/storage.h"
#include "proto/base/result.h"
#include "proto/base/string_hash.h"
#include "proto/stanza/stanza.h"
#include "proto/xep/rsm.h"
#include "proto/xml/document.h"
#include "shard/message.h"
#include "shard/receipts/receipt.h"
#include "shard/routing/route_hold.h"

namespace vestnik {

class Room;
class Shard;

/// The rooms that live on a shard, loaded when they are wanted and unloaded when nobody has been in them for
/// a while, and the services (`conference.example.org`) whose domains do. What a room says of a change that
/// is stored, and all that it says behind that, leaves after the commit (RULES 3). While shards have too much
/// queued, stanzas for rooms wait, for one of them may become thousands (RULES 4). The shard's thread only.
class RoomTable {
 public:
  explicit RoomTable(Shard& shard);
  ~RoomTable();
  RoomTable(const RoomTable&) = delete;
  RoomTable& operator=(const RoomTable&) = delete;

  using Rooms = std::unordered_map<std::string, std::unique_ptr<Room>, StringHash, std::equal_to<>>;

  /// Hop 7: a stanza for a room, for one of its occupants or for a service.
  void deliver(Stanza stanza);
  /// What a service of this shard lists from now on.
  void list(ServiceListing listing);
  /// The loaded rooms, by address.
  const Rooms& all() const { return rooms_; }
  /// Services may have gone with a new configuration: so have their rooms.
  void look_at_config();

 private:
  using Listing =
      std::map<std::string, std::string, std::less<>>;  ///< names by address; without stored rooms

  struct Parked {
    Stanza stanza;
    Receipt receipt;
    std::chrono::steady_clock::time_point since;
  };
  /// What a room has said since each of the writes that are under way.
  using Withheld = std::deque<std::vector<Routed>>;
  using Loaded = Result<std::optional<storage::StoredRoom>, storage::Error>;

  bool has_place_for(const Stanza& stanza);
  Parked parked(Stanza stanza);
  Stanza unparked(Parked& parked);
  void wait_in_line(Stanza stanza);
  void deliver_next_waiting();
  void deliver_to_room(Stanza stanza);
  void park(Stanza stanza);
  void give_up_late();
  void finish_load(const std::string& address, Loaded loaded);
  Room* restore(const std::string& address, const storage::StoredRoom& stored);
  void handle(Room& room, Stanza stanza);
  void handle_absent(Stanza stanza);
  void found(Stanza stanza);
  void settle(Room& room, RouteHold& said);
  void tell_service(Room& room, bool is_over);
  void store(Room& room);
  void stored(const std::string& address, const std::vector<Stanza>& answers,
              const Result<void, storage::Error>& result);
  void keep_order(const Room& room, RouteHold& said);
  void unload(Room& room);
  void unload_idle();
  void deliver_to_service(Stanza stanza);
  void answer_for_service(const Stanza& iq, xml::Element payload);
  void tell_service_items(const Stanza& iq, xml::Element query);
  Listing temporary_rooms(std::string_view service, const rsm::Request& asked) const;

  Shard& shard_;
  Rooms rooms_;
  std::unordered_map<std::string, std::vector<Parked>, StringHash, std::equal_to<>> loading_;
  std::deque<Parked> waiting_;    ///< for shards that have too much queued
  std::size_t parked_bytes_ = 0;  ///< of both
  Timer deadline_;                ///< armed while a room is loading
  std::unordered_map<std::string, Withheld, StringHash, std::equal_to<>> withheld_;
  std::size_t withheld_bytes_ = 0;
  storage::WriteSeq unloaded_write_ = storage::kNoWrite;  ///< newest of rooms that are no longer loaded
  Timer idle_;                                            ///< armed while a loaded room is empty
  std::map<std::string, Listing, std::less<>> listings_;  ///< by service
};

}  // namespace vestnik
