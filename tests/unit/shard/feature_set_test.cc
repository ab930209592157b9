#include "shard/feature/feature_set.h"

#include <doctest/doctest.h>

#include <set>
#include <string>
#include <vector>

#include "shard/feature/iq_request.h"
#include "shard/session/stamps.h"
#include "shard/stream/address_slot.h"
#include "tests/unit/shard/fixture.h"

namespace vestnik {
namespace {

IqHandler handler(std::string_view name, std::string_view ns, Scope scope, IqVerbs verbs = IqVerbs::both) {
  return {.name = name, .ns = ns, .scope = scope, .handle = [](IqRequest&) {}, .verbs = verbs};
}

Feature with_iq(std::vector<IqHandler> handlers) { return {.name = "f", .iq = std::move(handlers)}; }

}  // namespace

TEST_CASE("a request finds the first handler of its namespace, name, scope and verb") {
  std::vector<Feature> features;
  features.push_back(with_iq({handler("a", "urn:1", Scope::host), handler("", "urn:2", Scope::account)}));
  features.push_back(with_iq({handler("a", "urn:1", Scope::own_account, IqVerbs::get),
                              handler("a", "urn:1", Scope::own_account, IqVerbs::set)}));
  const FeatureSet set(std::move(features));
  const auto& first = set.features()[0].iq;
  const auto& second = set.features()[1].iq;
  CHECK(set.find("a", "urn:1", Scope::host, StanzaType::get) == first.data());
  CHECK(set.find("a", "urn:1", Scope::own_account, StanzaType::get) == second.data());
  CHECK(set.find("a", "urn:1", Scope::own_account, StanzaType::set) == &second[1]);
  CHECK(set.find("anything", "urn:2", Scope::stranger, StanzaType::get) == &first[1]);
  CHECK(set.find("anything", "urn:2", Scope::contact, StanzaType::get) == &first[1]);
  CHECK(set.find("anything", "urn:2", Scope::own_account, StanzaType::get) == nullptr);
  CHECK(set.find("b", "urn:1", Scope::host, StanzaType::get) == nullptr);
  CHECK(set.find("a", "urn:3", Scope::host, StanzaType::get) == nullptr);
  CHECK(set.find("a", "urn:1", Scope::stranger, StanzaType::get) == nullptr);
}

TEST_CASE("hooks run by their order, then by their features', until one has handled the stanza") {
  TestShards shards(1);
  TestClient alice(shards, shards.add_account("alice").with_resource("a").value());
  std::string ran;
  const auto hook = [&ran](char name, int order, Verdict verdict = Verdict::pass) {
    return Hook<Verdict(Session&, Stanza&)>{order, [&ran, name, verdict](Session&, Stanza&) {
                                              ran += name;
                                              return verdict;
                                            }};
  };
  Feature one{.name = "one"};
  one.hooks.outbound = {hook('c', 10), hook('a', 0), hook('f', 30)};
  Feature two{.name = "two"};
  two.hooks.outbound = {hook('d', 10), hook('b', 0), hook('e', 20, Verdict::handled)};
  std::vector<Feature> features;
  features.push_back(std::move(one));
  features.push_back(std::move(two));
  const FeatureSet set(std::move(features));
  shards.with_account(alice.jid(), [&](Account& account) {
    Stanza stanza;
    CHECK(FeatureSet::run(set.hooks().outbound, *account.sessions().front(), stanza));
  });
  CHECK(ran == "abcde");
}

TEST_CASE("features have names and XEPs of their own, and no two take the same request") {
  TestShards shards(1);
  const Jid anywhere = Jid::parse("x@example.org").value();
  shards.at(anywhere, [](Shard& shard) {
    std::set<std::string_view> names;
    for (const Feature& feature : shard.features().features()) {
      CHECK_MESSAGE(names.insert(feature.name).second, feature.name);
      for (const IqHandler& iq : feature.iq) {
        for (const Scope scope : {Scope::host, Scope::own_account, Scope::contact, Scope::stranger}) {
          for (const StanzaType type : {StanzaType::get, StanzaType::set}) {
            if (!includes(iq.scope, scope) || !includes(iq.verbs, type)) continue;
            CHECK_MESSAGE(shard.features().find(iq.name, iq.ns, scope, type) == &iq, iq.ns);
          }
        }
      }
    }
    CHECK(names.size() == feature_list().size());
  });
}

TEST_CASE("a request is answered once, also by who drops it (RFC 6120 §8.2.3)") {
  TestShards shards(1);
  TestClient alice(shards, shards.add_account("alice").with_resource("a").value());
  const auto ask = [&](std::string_view id, const std::function<void(IqReply)>& handle) {
    shards.at(alice.jid(), [&](Shard& shard) {
      handle(IqReply(shard, Stanza::make({.kind = StanzaKind::iq,
                                          .type = StanzaType::get,
                                          .from = alice.jid(),
                                          .to = JidView::of_canonical("example.org"),
                                          .id = id},
                                         "<q xmlns='urn:q'/>")));
    });
    Stanza answer = alice.link().next_stanza();
    CHECK(answer.id() == id);
    CHECK(alice.link().empty());
    return answer;
  };
  CHECK(ask("1", [](IqReply reply) { reply.result("<r xmlns='urn:r'/>"); }).payload() ==
        "<r xmlns='urn:r'/>");
  CHECK(ask("2", [](IqReply reply) { reply.error(StanzaCondition::forbidden); })
            .payload()
            .contains("<forbidden "));
  CHECK(ask("3", [](const IqReply&) {}).payload().contains("<internal-server-error "));
  CHECK(ask("4", [](IqReply reply) { IqReply later(std::move(reply)); })
            .payload()
            .contains("<internal-server-error "));
}

TEST_CASE("stamps in our name are taken off, those of others stay") {
  TestShards shards(1);
  const Jid alice = Jid::parse("alice@example.org/a").value();
  const auto stripped = [&](std::string_view payload) {
    Stanza stanza = Stanza::from_xml(fmt::format("<message>{}</message>", payload), alice, "").value();
    shards.at(alice, [&](Shard& shard) { strip_forged_stamps(shard, stanza); });
    return std::string(stanza.payload());
  };
  for (const std::string_view kept : {
           "<body>x</body>",
           "<delay xmlns='urn:xmpp:delay' from='bob@example.org' stamp='s'/>",
           "<delay xmlns='urn:xmpp:delay' from='other.example' stamp='s'/>",
           "<stanza-id xmlns='urn:xmpp:sid:0' by='room@conference.other.example' id='1'/>",
           "<stanza-id xmlns='urn:other' by='alice@example.org' id='1'/>",
       }) {
    CHECK(stripped(kept) == kept);
  }
  for (const std::string_view forged : {
           "<delay xmlns='urn:xmpp:delay' from='example.org' stamp='s'/>",
           "<delay xmlns='urn:xmpp:delay' from='alice@EXAMPLE.org/b' stamp='s'/>",
           "<delay xmlns='urn:xmpp:delay' stamp='s'/>",
           "<stanza-id xmlns='urn:xmpp:sid:0' by='alice@example.org' id='1'/>",
           "<stanza-id xmlns='urn:xmpp:sid:0' by='@' id='1'/>",
       }) {
    CAPTURE(forged);
    CHECK(stripped(fmt::format("<body>x</body>{}<p xmlns='urn:p'/>", forged)) ==
          "<body>x</body><p xmlns='urn:p'/>");
  }
}

TEST_CASE("a connection's place is counted, and given back once, in part when it has logged in") {
  TestShards shards(1);
  Services& services = shards.owner(Jid::parse("x@example.org").value()).services();
  const auto address = boost::asio::ip::make_address("192.0.2.1");
  LimitsConfig limits;
  limits.connections_per_address = 3;
  limits.unauthenticated_per_address = 2;
  limits.unauthenticated_total = 10;
  {
    AddressSlot first, second, third;
    CHECK(first.take(services, address, limits));
    CHECK(second.take(services, address, limits));
    CHECK_FALSE(third.take(services, address, limits));  // not a third that has not logged in
    CHECK(services.unauthenticated == 2);
    first.logged_in();
    first.logged_in();
    CHECK(services.unauthenticated == 1);
    CHECK(third.take(services, address, limits));
    AddressSlot moved(std::move(second));
    moved.logged_in();
    AddressSlot fourth;
    CHECK_FALSE(fourth.take(services, address, limits));  // three connections are open
    limits.unauthenticated_total = 1;
    CHECK_FALSE(fourth.take(services, boost::asio::ip::make_address("192.0.2.2"), limits));
    CHECK(services.unauthenticated == 1);
  }
  CHECK(services.unauthenticated == 0);
  limits.unauthenticated_total = 10;
  AddressSlot again;
  CHECK(again.take(services, address, limits));
}

}  // namespace vestnik
