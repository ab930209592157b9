#pragma once
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

namespace vestnik {

class Room;
class Shard;

/// The rooms that live on a shard, loaded when they are wanted and unloaded when nobody has been in them for
/// a while, and the services (`conference.example.org`) whose domains do. The shard's thread only.
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
  };
  using Loaded = Result<std::optional<storage::StoredRoom>, storage::Error>;

  void deliver_to_room(Stanza stanza);
  void park(Stanza stanza);
  void finish_load(const std::string& address, Loaded loaded);
  Room* restore(const std::string& address, const storage::StoredRoom& stored);
  void handle(Room& room, Stanza stanza);
  void handle_absent(Stanza stanza);
  void found(Stanza stanza);
  void settle(Room& room);
  void tell_service(Room& room, bool is_over);
  void store(Room& room);
  void unload(Room& room);
  void unload_idle();
  void deliver_to_service(Stanza stanza);
  void answer_for_service(const Stanza& iq, xml::Element payload);
  void tell_service_items(const Stanza& iq, xml::Element query);
  Listing temporary_rooms(std::string_view service, const rsm::Request& asked) const;

  Shard& shard_;
  Rooms rooms_;
  std::unordered_map<std::string, std::vector<Parked>, StringHash, std::equal_to<>> loading_;
  std::size_t parked_bytes_ = 0;
  storage::WriteSeq unloaded_write_ = storage::kNoWrite;  ///< newest of rooms that are no longer loaded
  Timer idle_;                                            ///< armed while a loaded room is empty
  std::map<std::string, Listing, std::less<>> listings_;  ///< by service
};

}  // namespace vestnik
