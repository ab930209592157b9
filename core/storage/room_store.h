#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace vestnik::storage {

/// What is stored of a room besides its users.
struct RoomRecord {
  std::string jid;      ///< bare
  std::string service;  ///< its domain
  std::string name;     ///< as lists show it
  bool listed = false;
  std::string config;   ///< a data form
  std::string subject;  ///< the last message about it, a stanza; may be empty

  friend bool operator==(const RoomRecord&, const RoomRecord&) = default;
};

/// What a room knows of a user.
struct RoomAffiliation {
  std::string jid;               ///< bare, or a domain
  std::uint8_t affiliation = 0;  ///< the room's number for it
  std::string nick;
  std::string reason;

  friend bool operator==(const RoomAffiliation&, const RoomAffiliation&) = default;
};

/// A room with all that it knows.
struct StoredRoom {
  RoomRecord record;
  std::vector<RoomAffiliation> affiliations;  ///< in the order of their addresses
};

/// A room as lists show it.
struct RoomSummary {
  std::string jid;
  std::string name;

  friend bool operator==(const RoomSummary&, const RoomSummary&) = default;
};

/// Rooms that outlive their occupants (XEP-0045); conventions as in AccountStore, the owner being the room.
class RoomStore {
 public:
  virtual ~RoomStore() = default;

  virtual std::optional<StoredRoom> load(std::string_view jid) = 0;
  /// Adds the room or replaces its record; its affiliations stay.
  virtual void put(const RoomRecord& record) = 0;
  /// Adds or replaces what a room that is stored knows of users.
  virtual void put_affiliations(std::string_view room, std::span<const RoomAffiliation> affiliations) = 0;
  /// Users that it does not know are passed over.
  virtual void remove_affiliations(std::string_view room, std::span<const std::string> jids) = 0;
  /// With everything it has. False if there was none.
  virtual bool remove(std::string_view jid) = 0;

  /// Up to `limit` listed rooms of a service in the order of their addresses, from the first one greater than
  /// `after` (empty: the very first).
  virtual std::vector<RoomSummary> list_after(std::string_view service, std::string_view after,
                                              std::size_t limit) = 0;
  /// The last `limit` of them that come before `before` (empty: of all), in the same order.
  virtual std::vector<RoomSummary> list_before(std::string_view service, std::string_view before,
                                               std::size_t limit) = 0;
  /// The listed rooms of a service.
  virtual std::uint64_t count(std::string_view service) = 0;
};

}  // namespace vestnik::storage
