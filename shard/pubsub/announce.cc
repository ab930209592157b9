#include "shard/pubsub/announce.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "proto/base/datetime.h"
#include "proto/pubsub/event.h"
#include "proto/pubsub/ns.h"
#include "proto/xep/dataform.h"
#include "proto/xml/ns.h"
#include "proto/xml/writer.h"
#include "shard/presence/presence.h"
#include "shard/pubsub/account_nodes.h"
#include "shard/pubsub/peer_of.h"
#include "shard/session/blocked.h"
#include "shard/shard.h"

namespace vestnik::pubsub {
namespace {

Stanza make_message(Shard& shard, JidView from, JidView to, const NodeConfig& config,
                    std::string_view payload) {
  const std::string id = shard.new_id();
  return Stanza::make({.kind = StanzaKind::message,
                       .type = config.headline ? StanzaType::headline : StanzaType::normal,
                       .from = from,
                       .to = to,
                       .id = id},
                      payload);
}

// Who may hear of a node's events.
struct Audience {
  std::vector<Jid> interested;  ///< contacts, bare, if their resources want to
  std::vector<Jid> subscribed;  ///< in any case: full or bare; in order
};

Audience audience_of(Account& account, const NodeState& node) {
  Audience audience;
  for (const auto& one : node.subscriptions) {
    Jid jid(JidView::of_canonical(one.jid));
    const bool counts = one.state == static_cast<int>(Subscription::subscribed) && !is_blocked(account, jid);
    // Looked at anew each time: access may have been lost since (XEP-0163 §7.1).
    if (counts && node.may_read(peer_of(account, jid, node.config)))
      audience.subscribed.push_back(std::move(jid));
  }
  std::ranges::sort(audience.subscribed);
  std::vector<Jid> contacts = presence::subscribers(account);
  contacts.push_back(account.jid());
  for (Jid& jid : contacts) {
    if (std::ranges::binary_search(audience.subscribed, jid)) continue;
    if (node.may_read(peer_of(account, jid, node.config))) audience.interested.push_back(std::move(jid));
  }
  return audience;
}

// The resources of a bare address of another server that want to hear of the node.
std::vector<Jid> wanting_resources(Account& account, const Jid& bare, std::string_view node) {
  std::vector<Jid> found;
  const auto& peers = account.nodes().peers;
  const std::string prefix = bare.full() + '/';
  for (auto it = peers.lower_bound(prefix); it != peers.end() && it->first.starts_with(prefix); ++it) {
    if (it->second->wants(node)) found.emplace_back(JidView::of_canonical(it->first));
  }
  return found;
}

// Takes the addresses of other servers out of the audience and gives those that are to get the event: what
// they want is known here, from their presence.
std::vector<Jid> take_remote(Account& account, const NodeState& node, Audience& audience) {
  const auto is_remote = [&](const Jid& jid) { return !account.shard().is_local(jid.domain()); };
  std::vector<Jid> addresses;
  for (const Jid& jid : audience.subscribed) {
    if (!is_remote(jid)) continue;
    auto resources = jid.is_bare() ? wanting_resources(account, jid, node.name) : std::vector<Jid>();
    if (resources.empty()) resources.push_back(jid);  // §4.3.2
    std::ranges::move(resources, std::back_inserter(addresses));
  }
  for (const Jid& jid : audience.interested) {
    if (is_remote(jid))
      std::ranges::move(wanting_resources(account, jid, node.name), std::back_inserter(addresses));
  }
  std::erase_if(audience.subscribed, is_remote);
  std::erase_if(audience.interested, is_remote);
  std::ranges::sort(addresses);
  addresses.erase(std::ranges::unique(addresses).begin(), addresses.end());
  return addresses;
}

void announce(Account& account, const NodeState& node, std::string_view payload) {
  Shard& shard = account.shard();
  const auto event =
      std::make_shared<const Stanza>(make_message(shard, account.jid(), {}, node.config, payload));
  Audience audience = audience_of(account, node);
  if (auto remote = take_remote(account, node, audience); !remote.empty())
    shard.route_fanout(event, shard.recipients(std::move(remote)));

  const Recipients interested = shard.recipients(std::move(audience.interested));
  const Recipients subscribed = shard.recipients(std::move(audience.subscribed));
  for (ShardId target = 0; target < interested.size(); ++target) {
    if (interested[target] || subscribed[target])
      shard.send_to(target, NodeEvent{event, node.name, interested[target], subscribed[target]});
  }
}

bool contains(const SharedAddresses& addresses, const Jid& jid) {
  return addresses && std::ranges::binary_search(*addresses, jid);
}

// Adds the resources of an account that want the event. True: there was one.
bool add_wanting(Shard& shard, const NodeEvent& event, const Jid& bare, std::vector<Jid>& listeners) {
  const Account* account = shard.accounts().loaded(bare.full());
  if (account == nullptr) return false;
  bool any = false;
  for (const auto& session : account->sessions()) {
    const auto& capabilities = session->capabilities();
    if (!session->available() || capabilities == nullptr || !capabilities->wants(event.node)) continue;
    any = true;
    if (!contains(event.subscribed, session->jid())) listeners.push_back(session->jid());
  }
  return any;
}

}  // namespace

void changed(Shard& shard, const Jid& owner, NodeState node, std::string event) {
  // std::function wants to be copyable.
  const auto shared = std::make_shared<const NodeState>(std::move(node));
  shard.with_account(owner, [shared, event = std::move(event)](Account* account) {
    if (account == nullptr) return;
    account->nodes().last_items.forget(shared->name);
    if (!event.empty()) announce(*account, *shared, event);
  });
}

std::vector<Jid> listeners(Shard& shard, const NodeEvent& event) {
  std::vector<Jid> listeners;
  if (event.interested) {
    for (const Jid& bare : *event.interested) add_wanting(shard, event, bare, listeners);
  }
  if (event.subscribed) {
    for (const Jid& jid : *event.subscribed) {
      if (!jid.is_bare() || !add_wanting(shard, event, jid, listeners)) listeners.push_back(jid);
    }
  }
  return listeners;
}

void send_event(Shard& shard, const Jid& owner, JidView to, const NodeConfig& config,
                std::string_view event) {
  shard.route(make_message(shard, owner, to, config, event));
}

void send_item(Shard& shard, const Jid& owner, JidView to, const NodeState& node,
               const storage::PubsubItem& item) {
  std::string payload = published_event(
      node.name, item.id, node.config.deliver_payloads ? std::string_view(item.payload) : std::string_view());
  // With `from`, because other servers rightly drop stamps that name nobody.
  xml::Writer(payload)
      .open("delay", ns::kDelay)
      .attr("from", owner.full())
      .attr("stamp", format_utc(item.published_at))
      .close();
  Stanza message = make_message(shard, owner, to, node.config, payload);
  message.add_mark(Mark::delay);
  shard.route(std::move(message));
}

void ask_owner(Shard& shard, const Jid& owner, std::string_view node, std::string_view subscriber) {
  std::string payload;
  xml::Writer writer(payload);
  FormWriter form(writer, kSubscribeAuthorization, "Subscription request", {});
  form.text("pubsub#node", "The node", node);
  form.text("pubsub#subscriber_jid", "Who asks", subscriber);
  form.boolean("pubsub#allow", "Allow it", false);
  form.close();
  shard.route(make_message(shard, owner, owner, {.headline = false}, payload));
}

}  // namespace vestnik::pubsub
