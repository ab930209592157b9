#include <doctest/doctest.h>

#include "proto/pubsub/access.h"
#include "proto/pubsub/event.h"
#include "proto/pubsub/node_config.h"
#include "proto/pubsub/ns.h"
#include "proto/xml/document.h"

namespace vestnik::pubsub {
namespace {

const NodeLimits kLimits{.max_items = 100};

std::vector<FormField> fields(std::string_view var, std::vector<std::string> values) {
  return {{std::string(var), std::move(values)}};
}

TEST_CASE("node configuration: fields of a form") {
  NodeConfig config;
  const std::vector<FormField> form{{"pubsub#access_model", {"whitelist"}},
                                    {"pubsub#max_items", {"max"}},
                                    {"pubsub#persist_items", {"true"}},
                                    {"pubsub#roster_groups_allowed", {"Friends", "Family"}},
                                    {"pubsub#send_last_published_item", {"never"}},
                                    {"pubsub#notification_type", {"normal"}},
                                    {"pubsub#item_expire", {"60"}}};
  CHECK(apply(config, form, kLimits));
  CHECK(config.access == AccessModel::whitelist);
  CHECK(config.max_items == kAllItems);
  CHECK(config.roster_groups == std::vector<std::string>{"Friends", "Family"});
  CHECK(config.send_last == SendLast::never);
  CHECK_FALSE(config.headline);
  CHECK(from_stored(to_stored(config)) == config);
}

TEST_CASE("node configuration: the store's text keeps every value") {
  NodeConfig config;
  CHECK(from_stored(to_stored(config)) == config);
  CHECK(from_stored("") == config);
  config.title = "'<&> \xc3\xa9";
  config.roster_groups = {"", "a b"};
  config.max_items = 7;
  config.persist_items = false;
  CHECK(from_stored(to_stored(config)) == config);
}

TEST_CASE("node configuration: values that a field cannot have change nothing") {
  const auto refused = [](const std::vector<FormField>& form) {
    NodeConfig config;
    const auto applied = apply(config, form, kLimits);
    CHECK(config == NodeConfig());
    return applied ? std::string_view("applied") : applied.error().reason;
  };
  CHECK(refused(fields("pubsub#access_model", {"everybody"})) == "unsupported-access-model");
  CHECK(refused(fields("pubsub#max_items", {"101"})) == "max-items-exceeded");
  CHECK(refused(fields("pubsub#max_items", {"0"})).empty());
  CHECK(refused(fields("pubsub#max_items", {"-1"})).empty());
  CHECK(refused(fields("pubsub#max_items", {"4294967296"})).empty());
  CHECK(refused(fields("pubsub#persist_items", {"yes"})).empty());
  CHECK(refused(fields("pubsub#persist_items", {})).empty());
  CHECK(refused(fields("pubsub#title", {std::string(2'000, 'x')})).empty());
}

TEST_CASE("node configuration: preconditions, unknown ones are not met") {
  const NodeConfig config;
  CHECK(meets(config, {}));
  CHECK(meets(config, fields("pubsub#access_model", {"presence"})));
  CHECK(meets(config, fields("pubsub#persist_items", {"1"})));
  CHECK(meets(config, fields("pubsub#persist_items", {"true"})));
  CHECK_FALSE(meets(config, fields("pubsub#access_model", {"open"})));
  CHECK_FALSE(meets(config, fields("pubsub#access_model", {"nonsense"})));
  CHECK_FALSE(meets(config, fields("pubsub#unknown", {"1"})));
}

TEST_CASE("node configuration: forms") {
  std::string xml;
  xml::Writer writer(xml);
  write_config_form(writer, {});
  xml::Document document;
  const auto form = SubmittedForm::parse(document.parse(xml), kNodeConfig);
  REQUIRE(form);
  NodeConfig config{.title = "other", .access = AccessModel::open};
  CHECK(apply(config, form->fields(), kLimits));
  CHECK(config == NodeConfig());
}

TEST_CASE("access: who may read under each model") {
  const auto reason = [](AccessModel model, const Peer& peer, Affiliation affiliation,
                         Subscription subscription = Subscription::none) {
    const NodeConfig config{.access = model, .roster_groups = {"Friends"}};
    const auto allowed = may_read(config, peer, affiliation, subscription);
    return allowed                          ? std::string_view("yes")
           : allowed.error().reason.empty() ? to_string(allowed.error().condition)
                                            : allowed.error().reason;
  };
  using enum Affiliation;
  const Peer stranger{.jid = "eve@example.org"};
  const Peer contact{.jid = "bob@example.org", .sees_presence = true};
  const Peer friendly{.jid = "bob@example.org", .sees_presence = true, .groups = {"Work", "Friends"}};
  CHECK(reason(AccessModel::open, stranger, none) == "yes");
  CHECK(reason(AccessModel::open, stranger, outcast) == "forbidden");
  CHECK(reason(AccessModel::presence, stranger, none) == "presence-subscription-required");
  CHECK(reason(AccessModel::presence, contact, none) == "yes");
  CHECK(reason(AccessModel::roster, contact, none) == "not-in-roster-group");
  CHECK(reason(AccessModel::roster, friendly, none) == "yes");
  CHECK(reason(AccessModel::whitelist, friendly, none) == "closed-node");
  CHECK(reason(AccessModel::whitelist, stranger, member) == "yes");
  CHECK(reason(AccessModel::whitelist, stranger, owner) == "yes");
  CHECK(reason(AccessModel::authorize, friendly, none) == "not-subscribed");
  CHECK(reason(AccessModel::authorize, stranger, none, Subscription::pending) == "not-subscribed");
  CHECK(reason(AccessModel::authorize, stranger, none, Subscription::subscribed) == "yes");
}

TEST_CASE("access: who may publish") {
  NodeConfig config;
  CHECK(may_publish(config, Affiliation::owner, Subscription::none));
  CHECK(may_publish(config, Affiliation::publisher, Subscription::none));
  CHECK_FALSE(may_publish(config, Affiliation::member, Subscription::subscribed));
  config.publish = PublishModel::subscribers;
  CHECK(may_publish(config, Affiliation::none, Subscription::subscribed));
  CHECK_FALSE(may_publish(config, Affiliation::none, Subscription::pending));
  config.publish = PublishModel::open;
  CHECK(may_publish(config, Affiliation::none, Subscription::none));
  CHECK_FALSE(may_publish(config, Affiliation::outcast, Subscription::subscribed));
}

TEST_CASE("events: what they say") {
  constexpr std::string_view kOpen = "<event xmlns='http://jabber.org/protocol/pubsub#event'>";
  const auto event = [&](std::string_view inner) { return std::string(kOpen).append(inner) + "</event>"; };
  CHECK(published_event("n", "i", "<a xmlns='u'/>") ==
        event("<items node='n'><item id='i'><a xmlns='u'/></item></items>"));
  CHECK(published_event("n", "", "") == event("<items node='n'><item/></items>"));
  CHECK(retracted_event("<n>", "'") == event("<items node='&lt;n&gt;'><retract id='&apos;'/></items>"));
  CHECK(deleted_event("n", "") == event("<delete node='n'/>"));
  CHECK(deleted_event("n", "u") == event("<delete node='n'><redirect uri='u'/></delete>"));
  CHECK(purged_event("n") == event("<purge node='n'/>"));
  CHECK(configured_event("n", nullptr) == event("<configuration node='n'/>"));
  CHECK(subscription_event("n", "a@b", Subscription::none) ==
        event("<subscription node='n' jid='a@b' subscription='none'/>"));
}

}  // namespace
}  // namespace vestnik::pubsub
