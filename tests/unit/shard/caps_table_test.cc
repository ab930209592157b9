#include "shard/pubsub/caps_table.h"

#include <doctest/doctest.h>

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "proto/xml/document.h"
#include "tests/unit/shard/fixture.h"

namespace vestnik::pubsub {
namespace {

constexpr std::string_view kInfo =
    "<query xmlns='http://jabber.org/protocol/disco#info'><identity category='client' type='pc'/>"
    "<feature var='urn:x:b+notify'/><feature var='urn:x:a+notify'/><feature var='urn:x:c'/></query>";
constexpr std::string_view kLie =
    "<query xmlns='http://jabber.org/protocol/disco#info'><identity category='client' type='pc'/>"
    "<feature var='urn:x:z+notify'/></query>";

CapsClaim claim_of(std::string_view info) {
  xml::Document document;
  return {.node = "urn:x:client", .ver = capability_hash(document.parse(info))};
}

// A table on the shard of an account, some of whose sessions claim what kInfo says.
class Claims {
 public:
  explicit Claims(int sessions) {
    for (int number = 0; number < sessions; ++number) {
      const Jid jid = account_.with_resource(std::to_string(number)).value();
      clients_.push_back(std::make_unique<TestClient>(shards_, jid));
    }
    on_shard([this](Shard& shard) {
      table_ = std::make_unique<CapsTable>(shard, [this](const Claimant& claimant, const CapabilitiesRef&) {
        told_.emplace(claimant.jid.resource());
      });
    });
  }
  ~Claims() {
    on_shard([this](Shard&) { table_.reset(); });
  }
  Claims(const Claims&) = delete;
  Claims& operator=(const Claims&) = delete;

  CapabilitiesRef claim(int session, const CapsClaim& claim = claim_of(kInfo)) {
    CapabilitiesRef capabilities;
    on_shard([&](Shard&) {
      capabilities = table_->claim(claim, {account_, client(session).jid(), claim.info_node()});
    });
    return capabilities;
  }
  /// The id of the question that the session was asked.
  std::string question(int session) {
    const Stanza question = client(session).link().next_stanza();
    CHECK(question.type() == StanzaType::get);
    CHECK(question.from().full() == account_.full());
    return std::string(question.id());
  }
  /// Whether what a session says is an answer.
  bool answer(int session, std::string_view id, std::string_view info) {
    bool was_answer = false;
    on_shard([&](Shard&) {
      was_answer = table_->answer(Stanza::make({.kind = StanzaKind::iq,
                                                .type = StanzaType::result,
                                                .from = client(session).jid(),
                                                .to = account_,
                                                .id = id},
                                               info));
    });
    return was_answer;
  }
  bool was_asked(int session) {
    shards_.end_turn(account_);
    return !client(session).link().empty();
  }
  const std::set<std::string>& told() const { return told_; }
  std::size_t size() {
    std::size_t size = 0;
    on_shard([&](Shard&) { size = table_->size(); });
    return size;
  }

 private:
  TestClient& client(int session) { return *clients_[static_cast<std::size_t>(session)]; }
  void on_shard(const std::function<void(Shard&)>& function) { shards_.at(account_, function); }

  TestShards shards_{1};
  Jid account_ = shards_.add_account("alice");
  std::vector<std::unique_ptr<TestClient>> clients_;
  std::unique_ptr<CapsTable> table_;
  std::set<std::string> told_;
};

}  // namespace

TEST_CASE("capabilities: some claimants are asked, a proof counts for all") {
  Claims claims(6);
  std::vector<CapabilitiesRef> claimed;
  for (int session = 0; session < 6; ++session) claimed.push_back(claims.claim(session));
  for (const auto& one : claimed) CHECK(one == claimed.front());
  std::vector<std::string> ids;
  for (int session = 0; session < 4; ++session) ids.push_back(claims.question(session));
  CHECK_FALSE(claims.was_asked(4));
  CHECK_FALSE(claims.was_asked(5));

  CHECK_FALSE(claims.answer(1, ids[0], kInfo));  // not the one who was asked
  CHECK(claims.answer(0, ids[0], kLie));
  CHECK_FALSE(claimed[0]->verified());
  claims.question(5);
  CHECK(claims.answer(2, ids[2], kInfo));
  CHECK(claimed[0]->verified());
  CHECK(*claimed[0]->wanted() == std::vector<std::string>{"urn:x:a", "urn:x:b"});
  CHECK(claimed[0]->wants("urn:x:a"));
  CHECK_FALSE(claimed[0]->wants("urn:x:c"));
  CHECK(claims.told() == std::set<std::string>{"1", "2", "3", "4", "5"});
  CHECK_FALSE(claims.answer(3, ids[3], kInfo));  // nobody waits for it any more
  CHECK(claims.claim(0)->verified());
  CHECK_FALSE(claims.was_asked(4));
}

TEST_CASE("capabilities: the table is bounded, what is claimed stays") {
  Claims claims(1);
  const CapabilitiesRef kept = claims.claim(0);
  for (int number = 0; number < 2'500; ++number)
    claims.claim(0, {.node = "urn:x:client", .ver = std::to_string(number)});
  CHECK(claims.size() <= 2'000);
  CHECK(claims.claim(0) == kept);
}

}  // namespace vestnik::pubsub
