#include <algorithm>
#include <utility>

#include "core/storage/postgresql/postgresql_stores.h"

namespace vestnik::storage::postgresql {
namespace {

class PostgresqlRoomStore final : public RoomStore {
 public:
  explicit PostgresqlRoomStore(Connection& connection)
      : load_(connection, "SELECT service, name, listed, config, subject FROM room WHERE jid = $1"),
        load_affiliations_(connection,
                           "SELECT jid, affiliation, nick, reason FROM room_affiliation WHERE room = $1 "
                           "ORDER BY jid"),
        put_(connection,
             "INSERT INTO room (jid, service, name, listed, config, subject) VALUES ($1, $2, $3, $4, $5, $6) "
             "ON CONFLICT (jid) DO UPDATE SET service = excluded.service, name = excluded.name, "
             "listed = excluded.listed, config = excluded.config, subject = excluded.subject"),
        put_affiliation_(
            connection,
            "INSERT INTO room_affiliation (room, jid, affiliation, nick, reason) "
            "VALUES ($1, $2, $3, $4, $5) ON CONFLICT (room, jid) DO UPDATE SET "
            "affiliation = excluded.affiliation, nick = excluded.nick, reason = excluded.reason"),
        remove_affiliation_(connection, "DELETE FROM room_affiliation WHERE room = $1 AND jid = $2"),
        remove_(connection, "DELETE FROM room WHERE jid = $1 RETURNING jid"),
        list_after_(
            connection,
            "SELECT jid, name FROM room WHERE service = $1 AND jid > $2 AND listed ORDER BY jid LIMIT $3"),
        list_before_(connection,
                     "SELECT jid, name FROM room WHERE service = $1 AND ($2 = '' OR jid < $2) AND listed "
                     "ORDER BY jid DESC LIMIT $3"),
        count_(connection, "SELECT count(*) FROM room WHERE service = $1 AND listed") {}

  std::optional<StoredRoom> load(std::string_view jid) override {
    StoredRoom room;
    {
      Rows row = load_.query(jid);
      if (!row.next()) return std::nullopt;
      room.record = {.jid = std::string(jid),
                     .service = row.text(0),
                     .name = row.text(1),
                     .listed = row.boolean(2),
                     .config = row.text(3),
                     .subject = row.text(4)};
    }
    Rows row = load_affiliations_.query(jid);
    while (row.next()) {
      room.affiliations.push_back({.jid = row.text(0),
                                   .affiliation = static_cast<std::uint8_t>(row.integer(1)),
                                   .nick = row.text(2),
                                   .reason = row.text(3)});
    }
    return room;
  }

  void put(const RoomRecord& room) override {
    put_.run(std::string_view(room.jid), std::string_view(room.service), std::string_view(room.name),
             room.listed, std::string_view(room.config), std::string_view(room.subject));
  }

  void put_affiliations(std::string_view room, std::span<const RoomAffiliation> affiliations) override {
    for (const RoomAffiliation& one : affiliations) {
      put_affiliation_.run(room, std::string_view(one.jid), std::int64_t{one.affiliation},
                           std::string_view(one.nick), std::string_view(one.reason));
    }
  }

  void remove_affiliations(std::string_view room, std::span<const std::string> jids) override {
    for (const std::string& jid : jids) remove_affiliation_.run(room, std::string_view(jid));
  }

  bool remove(std::string_view jid) override {
    Rows row = remove_.query(jid);
    return row.next();
  }

  std::vector<RoomSummary> list_after(std::string_view service, std::string_view after,
                                      std::size_t limit) override {
    return summaries(list_after_.query(service, after, limit));
  }

  std::vector<RoomSummary> list_before(std::string_view service, std::string_view before,
                                       std::size_t limit) override {
    std::vector<RoomSummary> rooms = summaries(list_before_.query(service, before, limit));
    std::ranges::reverse(rooms);
    return rooms;
  }

  std::uint64_t count(std::string_view service) override {
    Rows row = count_.query(service);
    return row.next() ? row.count(0) : 0;
  }

 private:
  static std::vector<RoomSummary> summaries(Rows row) {
    std::vector<RoomSummary> rooms;
    while (row.next()) rooms.push_back({.jid = row.text(0), .name = row.text(1)});
    return rooms;
  }

  Statement load_;
  Statement load_affiliations_;
  Statement put_;
  Statement put_affiliation_;
  Statement remove_affiliation_;
  Statement remove_;
  Statement list_after_;
  Statement list_before_;
  Statement count_;
};

}  // namespace

std::unique_ptr<RoomStore> make_room_store(Connection& connection) {
  return std::make_unique<PostgresqlRoomStore>(connection);
}

}  // namespace vestnik::storage::postgresql
