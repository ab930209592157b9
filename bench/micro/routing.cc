#include <memory>
#include <string>
#include <vector>

#include "bench/micro/micro.h"
#include "bench/micro/samples.h"
#include "tests/unit/shard/fixture.h"

namespace vestnik::bench {
namespace {

constexpr std::size_t kContacts = 10;
constexpr std::uint64_t kBurst = 64;  ///< stanzas handled in one turn

/// The end of a session's way: nothing is written.
class CountingLink final : public FakeLink {
 public:
  using FakeLink::FakeLink;
  void send(std::string_view xml) override {
    keep(xml.data());
    ++count_;
  }
  std::uint64_t count() const { return count_; }

 private:
  std::uint64_t count_ = 0;  ///< the shard's thread; others read it between turns
};

/// A session that is online.
struct User {
  User(TestShards& shards, const std::string& name)
      : jid(shards.add_account(name).with_resource("r").value()), link(shards.owner(jid)) {
    shards.with_account(jid,
                        [this](Account& account) { session = &account.shard().bind(account, jid, link); });
    shards.at(jid, [this](Shard& shard) { shard.on_client_stanza(*session, stanza("<presence/>")); });
  }
  Stanza stanza(std::string_view xml) const { return Stanza::from_xml(xml, jid, "en").value(); }

  Jid jid;
  CountingLink link;
  Session* session = nullptr;
};

/// One shard with its thread, its store, and some users on it; made when first asked for.
struct World {
  static World& instance() {
    static World world;
    return world;
  }

  World() {
    for (std::size_t i = 0; i <= kContacts; ++i) {
      users.push_back(std::make_unique<User>(shards, "user" + std::to_string(i)));
    }
    shards.end_turn(users[0]->jid);
  }
  ~World() {
    for (const auto& user : users) {
      shards.at(user->jid, [&user](Shard& shard) { shard.end_session(*user->session, ""); });
    }
  }

  /// Runs `send` so many times on the shard's thread, and waits until `receiver` got as many stanzas.
  void deliver(std::uint64_t times, User& receiver, const std::function<void(Shard&)>& send) {
    const std::uint64_t wanted = receiver.link.count() + times;
    for (std::uint64_t left = times; left > 0;) {
      const std::uint64_t burst = std::min(left, kBurst);
      left -= burst;
      shards.at(receiver.jid, [&](Shard& shard) {
        for (std::uint64_t i = 0; i < burst; ++i) send(shard);
      });
    }
    while (receiver.link.count() < wanted) shards.end_turn(receiver.jid);
  }

  TestShards shards{1};
  std::vector<std::unique_ptr<User>> users;
};

/// Hops 3, 4, 7 and 8 without sockets: from a stanza in hand to bytes for the recipient's link.
void route_message(std::uint64_t iterations) {
  World& world = World::instance();
  User& sender = *world.users[0];
  User& receiver = *world.users[1];
  const std::string message = "<message to='" + receiver.jid.full() +
                              "' type='chat' id='a1'><body>But, soft! what light through yonder window "
                              "breaks?</body><no-store xmlns='urn:xmpp:hints'/></message>";
  world.deliver(iterations, receiver,
                [&](Shard& shard) { shard.on_client_stanza(*sender.session, sender.stanza(message)); });
}

/// A status change told to ten contacts.
void broadcast_presence(std::uint64_t iterations) {
  World& world = World::instance();
  User& sender = *world.users[0];
  const auto presence = std::make_shared<const Stanza>(sender.stanza(kPresence));
  std::vector<Jid> contacts;
  for (std::size_t i = 1; i <= kContacts; ++i) contacts.push_back(world.users[i]->jid.to_bare());
  world.deliver(iterations, *world.users.back(),
                [&](Shard& shard) { shard.route_fanout(presence, shard.recipients(contacts)); });
}

}  // namespace

void add_routing(std::vector<Micro>& all) {
  all.push_back({"router/message", route_message});
  all.push_back({"roster/broadcast-to-10", broadcast_presence});
}

}  // namespace vestnik::bench
