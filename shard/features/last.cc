// XEP-0012: how long the server has been up, and how long ago a contact was last there.
#include <algorithm>

#include "proto/xml/ns.h"
#include "proto/xml/writer.h"
#include "shard/features/list.h"
#include "shard/presence/presence.h"
#include "shard/shard.h"

namespace vestnik::features {
namespace {

constexpr std::string_view kLast = "jabber:iq:last";
constexpr std::size_t kStatusBytes = 4'096;  // a longer status is not kept

using TimePoint = std::chrono::system_clock::time_point;

void answer(IqRequest& request, TimePoint since, std::string_view status = {}) {
  const auto elapsed = std::chrono::floor<seconds>(request.shard().reactor().wall_now() - since);
  const auto count =
      static_cast<std::uint64_t>(std::max<seconds::rep>(elapsed.count(), 0));  // clocks are set back
  std::string xml;
  xml::Writer(xml).open("query", kLast).attr("seconds", count).text(status).close();
  request.result(xml);
}

void ask_host(IqRequest& request) { answer(request, request.shard().services().started); }

void ask_account(IqRequest& request) {
  const Account& account = *request.account();
  if (!account.sessions().empty()) return answer(request, request.shard().reactor().wall_now());
  const auto& last = account.record().last_activity;
  if (!last) return request.error(StanzaCondition::item_not_found, "this account was never used");
  answer(request, last->at, last->status);
}

// §5: what a stranger asks of a client does not get there, or its answer would tell that the client is there.
Verdict keep_strangers_out(Account& account, const Stanza& iq) {
  if (!iq.is_iq() || iq.type() != StanzaType::get || iq.to().is_bare()) return Verdict::pass;
  if (presence::may_see(account, iq.from())) return Verdict::pass;
  const DocumentLease tree(account.shard(), iq.wire());
  if (!tree.root().child("query", kLast)) return Verdict::pass;
  account.shard().bounce(iq, StanzaCondition::service_unavailable);
  return Verdict::handled;
}

storage::LastActivity activity_now(Shard& shard, std::string status) {
  return {.at = std::chrono::floor<milliseconds>(shard.reactor().wall_now()), .status = std::move(status)};
}

// Kept in memory until the last session ends: while there is one, nobody is told.
void note_farewell(Session& session, const Stanza& presence) {
  if (presence.type() != StanzaType::unavailable) return;
  Account& account = session.account();
  const DocumentLease tree(account.shard(), presence.wire());
  std::string status = tree.root().child("status", ns::kClient).text();
  if (status.size() > kStatusBytes) status.clear();
  account.record().last_activity = activity_now(account.shard(), std::move(status));
}

void note_end(Session& session) {
  Account& account = session.account();
  if (account.sessions().size() > 1) return;
  auto& last = account.record().last_activity;
  // Who is still available has gone without a word.
  const bool said_goodbye = last && !session.available();
  last = activity_now(account.shard(), said_goodbye ? std::move(last->status) : std::string());
  account.shard().write(
      account, last->status.size(),
      [owner = account.jid().full(), kept = *last](storage::Stores& stores) {
        static_cast<void>(stores.accounts().set_last_activity(owner, kept));  // false: anonymous, or removed
      },
      [](const auto&) {});  // a failure is the storage's to report, and nobody waits for this
}

}  // namespace

Feature make_last(Shard& /*shard*/) {
  constexpr Scope kAccount = Scope::own_account | Scope::contact;
  Feature feature{.name = "last",
                  .xeps = {"XEP-0012"},
                  .iq = {{"query", kLast, Scope::host, ask_host, IqVerbs::get},
                         {"query", kLast, kAccount, ask_account, IqVerbs::get}},
                  .disco = {{Scope::host | kAccount, kLast}}};
  // Behind blocking, which answers for the account whatever is asked.
  feature.hooks.inbound.push_back({10, keep_strangers_out});
  feature.hooks.broadcast.push_back({0, note_farewell});
  feature.hooks.session_ended.push_back({0, note_end});
  return feature;
}

}  // namespace vestnik::features
