// XEP-0030: says what the host and its accounts can do. What that is, the other features declare.
#include "proto/xml/ns.h"
#include "proto/xml/writer.h"
#include "shard/feature/disco_info.h"
#include "shard/features/list.h"
#include "shard/presence/presence.h"
#include "shard/shard.h"

namespace vestnik::features {
namespace {

constexpr std::string_view kItems = "http://jabber.org/protocol/disco#items";

std::string_view node_of(IqRequest& request) { return request.payload().attr_or_empty("node"); }

void answer(IqRequest& request, std::string_view ns, std::string_view content) {
  std::string xml;
  xml::Writer(xml).open("query", ns).attr_if("node", node_of(request)).raw(content).close();
  request.result(xml);
}

Scope scope_of(IqRequest& request) {
  if (request.account() == nullptr) return Scope::host;
  return request.session() != nullptr ? Scope::own_account : Scope::contact;
}

// True if what an account has is asked for and has been answered, or the asker must not learn that there is
// an account (RFC 6121 §13.11).
bool of_account(IqRequest& request) {
  if (request.account() == nullptr) return false;
  for (const auto& hook : request.shard().features().hooks().account_nodes) {
    if (hook.call(request) == Verdict::handled) return true;
  }
  const bool stranger = !presence::may_see(*request.account(), request.from());
  if (stranger) request.error(StanzaCondition::service_unavailable);
  return stranger;
}

void info(IqRequest& request) {
  if (of_account(request)) return;
  const FeatureSet& features = request.shard().features();
  const Scope scope = scope_of(request);
  if (node_of(request).empty())
    return answer(request, ns::kDiscoInfo, disco_info(features, request.host(), scope));
  if (scope == Scope::host) {
    for (const auto& hook : features.hooks().host_nodes) {
      if (const auto content = hook.call(request.host(), node_of(request))) {
        return answer(request, ns::kDiscoInfo, *content);
      }
    }
  }
  request.error(StanzaCondition::item_not_found);
}

void items(IqRequest& request) {
  if (of_account(request)) return;
  if (!node_of(request).empty()) return request.error(StanzaCondition::item_not_found);
  std::string xml;
  if (scope_of(request) == Scope::host) {
    for (const auto& hook : request.shard().features().hooks().host_items) hook.call(request.host(), xml);
  }
  answer(request, kItems, xml);
}

}  // namespace

Feature make_disco(Shard& /*shard*/) {
  constexpr Scope kScope = Scope::host | Scope::own_account | Scope::contact;
  return {.name = "disco",
          .xeps = {"XEP-0030", "XEP-0128"},
          .iq = {{"query", ns::kDiscoInfo, kScope | Scope::stranger, info, IqVerbs::get},
                 {"query", kItems, kScope | Scope::stranger, items, IqVerbs::get}},
          .disco = {{kScope, ns::kDiscoInfo}, {kScope, kItems}},
          .identities = {{Scope::host, "server", "im", "Vestnik"},
                         {Scope::own_account | Scope::contact, "account", "registered"}}};
}

}  // namespace vestnik::features
