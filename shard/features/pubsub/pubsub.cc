// XEP-0163: every account is a publish-subscribe service (XEP-0060). What is asked of it is in this folder,
// what becomes of nodes and who hears of it in shard/pubsub.
#include <algorithm>
#include <array>
#include <span>

#include "proto/xml/ns.h"
#include "shard/features/list.h"
#include "shard/features/pubsub/approvals.h"
#include "shard/features/pubsub/call.h"
#include "shard/pubsub/interests.h"

namespace vestnik::features {
namespace {

namespace calls = pubsub_calls;

// A child of `<pubsub/>` that says what is asked.
struct Verb {
  std::string_view name;
  StanzaType type;
  void (*handle)(IqRequest&, xml::Element verb);
};

constexpr std::array kOfAll{Verb{"publish", StanzaType::set, calls::publish},
                            Verb{"retract", StanzaType::set, calls::retract},
                            Verb{"items", StanzaType::get, calls::retrieve},
                            Verb{"create", StanzaType::set, calls::create},
                            Verb{"subscribe", StanzaType::set, calls::subscribe},
                            Verb{"unsubscribe", StanzaType::set, calls::unsubscribe},
                            Verb{"subscriptions", StanzaType::get, calls::own_subscriptions},
                            Verb{"affiliations", StanzaType::get, calls::own_affiliations},
                            Verb{"options", StanzaType::get, calls::no_options},
                            Verb{"options", StanzaType::set, calls::no_options},
                            Verb{"default", StanzaType::get, calls::no_options}};

constexpr std::array kOfOwners{Verb{"default", StanzaType::get, calls::default_config},
                               Verb{"configure", StanzaType::get, calls::show_config},
                               Verb{"configure", StanzaType::set, calls::configure},
                               Verb{"delete", StanzaType::set, calls::remove},
                               Verb{"purge", StanzaType::set, calls::purge},
                               Verb{"subscriptions", StanzaType::get, calls::show_subscriptions},
                               Verb{"subscriptions", StanzaType::set, calls::change_subscriptions},
                               Verb{"affiliations", StanzaType::get, calls::show_affiliations},
                               Verb{"affiliations", StanzaType::set, calls::change_affiliations}};

constexpr std::array<std::string_view, 38> kSupported{
    pubsub::kPubsub,
    "http://jabber.org/protocol/pubsub#access-authorize",
    "http://jabber.org/protocol/pubsub#access-open",
    "http://jabber.org/protocol/pubsub#access-presence",
    "http://jabber.org/protocol/pubsub#access-roster",
    "http://jabber.org/protocol/pubsub#access-whitelist",
    "http://jabber.org/protocol/pubsub#auto-create",
    "http://jabber.org/protocol/pubsub#auto-subscribe",
    "http://jabber.org/protocol/pubsub#config-node",
    "http://jabber.org/protocol/pubsub#config-node-max",
    "http://jabber.org/protocol/pubsub#create-and-configure",
    "http://jabber.org/protocol/pubsub#create-nodes",
    "http://jabber.org/protocol/pubsub#delete-items",
    "http://jabber.org/protocol/pubsub#delete-nodes",
    "http://jabber.org/protocol/pubsub#filtered-notifications",
    "http://jabber.org/protocol/pubsub#instant-nodes",
    "http://jabber.org/protocol/pubsub#item-ids",
    "http://jabber.org/protocol/pubsub#last-published",
    "http://jabber.org/protocol/pubsub#manage-subscriptions",
    "http://jabber.org/protocol/pubsub#member-affiliation",
    "http://jabber.org/protocol/pubsub#meta-data",
    "http://jabber.org/protocol/pubsub#modify-affiliations",
    "http://jabber.org/protocol/pubsub#multi-items",
    "http://jabber.org/protocol/pubsub#outcast-affiliation",
    "http://jabber.org/protocol/pubsub#persistent-items",
    "http://jabber.org/protocol/pubsub#presence-notifications",
    "http://jabber.org/protocol/pubsub#publish",
    "http://jabber.org/protocol/pubsub#publish-options",
    "http://jabber.org/protocol/pubsub#publisher-affiliation",
    "http://jabber.org/protocol/pubsub#purge-nodes",
    "http://jabber.org/protocol/pubsub#retract-items",
    "http://jabber.org/protocol/pubsub#retrieve-affiliations",
    "http://jabber.org/protocol/pubsub#retrieve-default",
    "http://jabber.org/protocol/pubsub#retrieve-items",
    "http://jabber.org/protocol/pubsub#retrieve-subscriptions",
    "http://jabber.org/protocol/pubsub#rsm",
    "http://jabber.org/protocol/pubsub#subscribe",
    "http://jabber.org/protocol/rsm"};

void ask(IqRequest& request, std::span<const Verb> verbs) {
  const xml::Element asked = request.payload().first_child();
  const bool known = asked && asked.ns() == request.payload().ns();
  const auto verb = std::ranges::find_if(verbs, [&](const Verb& one) {
    return known && one.name == asked.name() && one.type == request.stanza().type();
  });
  if (verb != verbs.end()) return verb->handle(request, asked);
  calls::refuse(request, {.condition = StanzaCondition::bad_request, .text = "nothing is asked for here"});
}

// disco#info and disco#items of what an account has. Strangers are shown what everybody may read.
Verdict discover(IqRequest& request) {
  const bool info = request.payload().ns() == ns::kDiscoInfo;
  const bool of_node = !request.payload().attr_or_empty("node").empty();
  if (info && !of_node) return Verdict::pass;
  if (info) {
    calls::describe_node(request);
  } else if (of_node) {
    calls::list_items(request);
  } else {
    calls::list_nodes(request);
  }
  return Verdict::handled;
}

// Something for an account, which is a service too.
Verdict arrived(pubsub::Interests& interests, Account& account, Stanza& stanza) {
  if (!stanza.to().is_bare()) return Verdict::pass;
  if (!stanza.is_message()) return interests.note(account, stanza) ? Verdict::handled : Verdict::pass;
  if (stanza.is_error()) interests.bounced(account, stanza);
  return calls::decide(account, stanza);
}

}  // namespace

Feature make_pubsub(Shard& shard) {
  constexpr Scope kScope = Scope::own_account | Scope::account;
  constexpr Scope kShown = Scope::own_account | Scope::contact;
  Feature feature{
      .name = "pubsub",
      .xeps = {"XEP-0060", "XEP-0163", "XEP-0222", "XEP-0223"},
      .iq = {{"pubsub", pubsub::kPubsub, kScope, [](IqRequest& request) { ask(request, kOfAll); }},
             {"pubsub", pubsub::kOwner, kScope, [](IqRequest& request) { ask(request, kOfOwners); }}},
      .identities = {{kShown, "pubsub", "pep"}}};
  for (const auto var : kSupported) feature.disco.push_back({kShown, var});
  feature.hooks.account_nodes.push_back({0, discover});

  pubsub::Interests& interests = shard.interests();
  feature.hooks.broadcast.push_back(
      {0, [&interests](Session& session, const Stanza& presence) { interests.note(session, presence); }});
  // Behind blocking, and before archiving: what is for the service concerns nobody else.
  feature.hooks.inbound.push_back(
      {10, [&interests](Account& account, Stanza& stanza) { return arrived(interests, account, stanza); }});
  feature.hooks.contact_seen.push_back({0, pubsub::Interests::contact_seen});
  return feature;
}

}  // namespace vestnik::features
