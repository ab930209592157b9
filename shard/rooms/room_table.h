#pragma once
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>

#include "proto/base/string_hash.h"
#include "proto/stanza/stanza.h"
#include "proto/xml/document.h"
#include "shard/message.h"

namespace vestnik {

class Room;
class Shard;

/// The rooms that live on a shard, and the services (`conference.example.org`) whose domains do. The shard's
/// thread only.
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
  /// The rooms that somebody is in, by address.
  const Rooms& all() const { return rooms_; }
  /// Services may have gone with a new configuration: so have their rooms.
  void look_at_config();

 private:
  using Listing = std::map<std::string, std::string, std::less<>>;  ///< names by address

  void deliver_to_room(Stanza stanza);
  void found(Stanza stanza);
  void settle(Room& room);
  void deliver_to_service(Stanza stanza);
  void answer_for_service(const Stanza& iq, xml::Element payload);
  void tell_service_items(const Stanza& iq, xml::Element query);

  Shard& shard_;
  Rooms rooms_;
  std::map<std::string, Listing, std::less<>> listings_;  ///< by service
};

}  // namespace vestnik
