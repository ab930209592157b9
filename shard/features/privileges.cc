// XEP-0356: components that may do more than others. Messages in users' names are in
// shard/component/component_stream.cc, contact lists in roster.cc; here are requests in users' names and what
// such components hear.
#include <memory>
#include <utility>
#include <vector>

#include "proto/xml/ns.h"
#include "shard/component/privileges.h"
#include "shard/features/list.h"
#include "shard/shard.h"

namespace vestnik::features {
namespace {

void ask_in_the_name_of(IqRequest& request) {
  Shard& shard = request.shard();
  const JidView from = request.from();
  const auto* component = privileges::privileged(shard.config(), from.domain());
  const bool is_component = component != nullptr && !from.has_local() && from.is_bare();
  if (!is_component || request.account() == nullptr) return request.error(StanzaCondition::forbidden);
  auto inner = privileges::unwrap_request(request.payload(), request.stanza().type(),
                                          request.account()->jid(), *component);
  if (!inner) return request.error(StanzaCondition::forbidden, inner.error());
  // Shared: it is answered here too, when there are too many.
  auto reply = std::make_shared<IqReply>(request.defer());
  const bool asked = shard.questions().ask(*inner, [reply](const Stanza* answer) {
    if (answer != nullptr) return reply->result(privileges::wrap_answer(*answer));
    reply->error(StanzaCondition::remote_server_timeout, "there was no answer in time");
  });
  if (!asked) reply->error(StanzaCondition::resource_constraint, "too many requests wait");
}

std::vector<std::string> components_with(const Config& config, bool (*has)(const ComponentConfig&)) {
  std::vector<std::string> domains;
  for (const ComponentConfig& component : config.component_list) {
    if (has(component)) domains.push_back(component.name);
  }
  return domains;
}

void push(Account& account, std::string_view domain, std::string_view payload) {
  Shard& shard = account.shard();
  const std::string id = shard.new_id();
  shard.tell_component(domain, Stanza::make({.kind = StanzaKind::iq,
                                             .type = StanzaType::set,
                                             .from = account.jid(),
                                             .to = JidView::of_canonical(domain),
                                             .id = id},
                                            payload));
}

}  // namespace

Feature make_privileges(Shard& shard) {
  Feature feature{.name = "privileges", .xeps = {"XEP-0356"}};
  feature.iq = {{"privileged_iq", privileges::kNs, Scope::host | Scope::own_account | Scope::account,
                 ask_in_the_name_of}};
  auto pushed =
      components_with(shard.config(), [](const auto& component) { return component.hears_pushes(); });
  if (!pushed.empty()) {
    feature.hooks.roster_pushed = {
        {0, [pushed = std::move(pushed)](Account& account, std::string_view payload) {
           for (const std::string& domain : pushed) push(account, domain, payload);
         }}};
  }
  auto hearing = components_with(shard.config(), [](const auto& component) { return component.presence; });
  if (!hearing.empty()) {
    feature.hooks.came_or_went = {
        {0, [&shard, hearing = std::move(hearing)](Session& session, const Stanza& presence) {
           for (const std::string& domain : hearing) {
             const JidView to = JidView::of_canonical(domain);
             shard.tell_component(domain, presence.readdressed(session.jid(), to));
           }
         }}};
  }
  return feature;
}

}  // namespace vestnik::features
