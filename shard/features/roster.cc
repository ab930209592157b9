// Rosters (RFC 6121 §2), with versions (§2.6) and what shared groups add.
#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "proto/stanza/reply.h"
#include "proto/xep/roster.h"
#include "proto/xml/ns.h"
#include "shard/component/privileges.h"
#include "shard/features/list.h"
#include "shard/presence/contact.h"
#include "shard/presence/presence.h"
#include "shard/presence/roster_push.h"
#include "shard/presence/subscription.h"
#include "shard/shard.h"

namespace vestnik::features {
namespace {

using roster::Line;
using roster::Version;

// The items of one's own and, among them, the shared ones, by address.
std::vector<Line> lines_of(Account& account, const SharedContacts& shared) {
  std::vector<Line> lines;
  for (const auto& item : account.roster()) lines.push_back({item.contact, &item});
  for (const auto jid : shared.jids()) {
    if (!account.roster().contains(jid)) lines.push_back({jid, nullptr});
  }
  return lines;
}

std::string whole_roster(Account& account) {
  const SharedContacts shared = account.shard().shared_groups().of(account);
  std::string payload;
  xml::Writer writer(payload);
  writer.open("query", ns::kRoster).attr("ver", roster::version_of(account, account.roster_version()).text());
  for (const Line& line : lines_of(account, shared)) roster::write_line(writer, line, shared);
  writer.close();
  return payload;
}

// Brings a client up to date that has an earlier version. What was removed comes first, under the version
// that the client has: a client cut off half way then asks again for all that it may lack.
void push_difference(Session& session, const Version& known, const std::vector<std::string>& removed) {
  Account& account = session.account();
  std::vector<const storage::RosterItem*> changed;
  for (const auto& item : account.roster()) {
    if (item.version > known.number) changed.push_back(&item);
  }
  std::ranges::sort(changed, {}, &storage::RosterItem::version);

  std::size_t left = removed.size() + changed.size();
  const auto version = [&](std::uint64_t number) {
    return roster::version_of(account, --left == 0 ? account.roster_version() : number);
  };
  for (const auto& jid : removed) roster::push(session, {jid, nullptr}, version(known.number));
  for (const auto* item : changed) roster::push(session, {item->contact, item}, version(item->version));
}

// A roster get that must wait until what it shows is committed (RULES 3).
class Get {
 public:
  Get(Shard& shard, Jid owner, Session& session, std::optional<Version> known, IqReply reply)
      : shard_(&shard),
        owner_(std::move(owner)),
        session_(session.id()),
        known_(known),
        reply_(std::move(reply)) {}

  // Once the account's groups are known and again until no write is under way.
  static void run(Get get) {
    Account* account = get.shard_->accounts().loaded(get.owner_.full());
    Session* session =
        account == nullptr ? nullptr : account->session(get.reply_.request().from().resource());
    if (session == nullptr || session->id() != get.session_) return;  // nobody would read the answer
    const Version current = roster::version_of(*account, account->roster_version());
    const bool settled = account->last_write() == get.awaited_;
    if (get.known_ == current) return get.answer_unchanged(*session);
    if (settled && !get.wants_difference(current)) return get.answer_whole(*session);
    if (settled && get.removed_) return get.answer_difference(*session);
    get.read(*account, current);
  }

 private:
  bool wants_difference(const Version& current) const {
    return known_ && known_->fingerprint == current.fingerprint && !whole_;
  }

  // What was removed, as of the account's last write.
  void read(Account& account, const Version& current) {
    awaited_ = account.last_write();
    auto query = [owner = owner_.full(),
                  since = wants_difference(current) ? known_ : std::nullopt](storage::Stores& stores) {
      return since ? stores.rosters().removed_since(owner, since->number) : std::nullopt;
    };
    Shard& shard = *shard_;
    shard.read(account, std::move(query),
               [get = std::move(*this)](
                   Result<std::optional<std::vector<std::string>>, storage::Error> removed) mutable {
                 if (!removed) return get.reply_.error(Shard::condition_of(removed.error()));
                 get.removed_ = *std::move(removed);
                 get.whole_ = !get.removed_;
                 run(std::move(get));
               });
  }

  void answer_unchanged(Session& session) {
    session.set_wants_roster();
    reply_.result();
  }
  void answer_whole(Session& session) {
    session.set_wants_roster();
    reply_.result(whole_roster(session.account()));
  }
  // The result must be there before the pushes, which are not routed.
  void answer_difference(Session& session) {
    session.set_wants_roster();
    session.send(make_result(reply_.request()));
    reply_.dismiss();
    push_difference(session, *known_, *removed_);
  }

  Shard* shard_;
  Jid owner_;
  std::uint64_t session_;
  std::optional<Version> known_;  ///< what the client has
  IqReply reply_;
  storage::WriteSeq awaited_ = storage::kNoWrite;
  std::optional<std::vector<std::string>> removed_;
  bool whole_ = false;  ///< the store cannot tell the difference
};

void get(IqRequest& request, Session& session) {
  Shard& shard = request.shard();
  const auto known = Version::parse(request.payload().attr_or_empty("ver"));
  Get get(shard, session.account().jid(), session, known, request.defer());
  shard.shared_groups().with_current(session.account(),
                                     [get = std::move(get)]() mutable { Get::run(std::move(get)); });
}

void remove(IqRequest& request, Account& account, const Jid& contact) {
  Shard& shard = request.shard();
  const bool shared = shard.shared_groups().contains(account, contact);
  const Contact known = find_contact(account, contact.full());
  if (!known.item) {
    return shared ? request.error(StanzaCondition::not_allowed, "the contact belongs to a shared group")
                  : request.error(StanzaCondition::item_not_found);
  }
  change_contact(account, contact.full(), {},
                 [&shard, shared, contact, owner = account.jid(), before = state_of(known),
                  reply = request.defer()](Account* /*owner*/, Result<void, storage::Error> result) mutable {
                   if (!result) return reply.error(Shard::condition_of(result.error()));
                   reply.result();
                   if (!shared) subscription::cancel_both(shard, owner, contact, before);
                 });
}

// Who is subscribed to whom is not a client's to say (§2.3.3). A component that may change the list says how
// its own users stand with the account: whoever uses a gateway has settled that on the other side.
SubscriptionState state_after(IqRequest& request, const Contact& contact, const Jid& jid) {
  SubscriptionState state = state_of(contact);
  const auto text = request.payload().first_child().attr("subscription");
  const bool decides = request.session() == nullptr && jid.domain() == request.from().domain();
  if (!text || !decides) return state;
  state.to = *text == "to" || *text == "both";
  state.from = *text == "from" || *text == "both";
  state.pending_out = state.pending_out && !state.to;
  state.pending_in = state.pending_in && !state.from;
  return state;
}

void set(IqRequest& request, Account& account) {
  auto wanted = roster::parse_set(request.payload());
  if (!wanted) return request.error(wanted.error().condition, wanted.error().text);
  const Jid contact = wanted->contact;
  if (contact == account.jid()) return request.error(StanzaCondition::not_allowed, "this is your own JID");
  if (wanted->remove) return remove(request, account, contact);

  Contact next = find_contact(account, contact.full());
  const SubscriptionState before = state_of(next);
  const SubscriptionState after = state_after(request, next, contact);
  if (!next.item && account.roster().size() >= request.shard().config().limits.roster_items) {
    return request.error(StanzaCondition::resource_constraint, "the roster is full");
  }
  storage::RosterItem item = next.item.value_or(storage::RosterItem{});
  item.contact = contact.full();
  item.name = std::move(wanted->name);
  item.groups = std::move(wanted->groups);
  item.version = 0;  // a set is a change even if it changes nothing, so that it is pushed
  next.item = std::move(item);
  change_contact(account, contact.full(), with_state(std::move(next), contact.full(), after),
                 [contact, before, after, reply = request.defer()](
                     Account* owner, Result<void, storage::Error> result) mutable {
                   if (!result) return reply.error(Shard::condition_of(result.error()));
                   reply.result();
                   if (owner == nullptr || before.from == after.from) return;
                   if (after.from) return presence::show_to(*owner, contact);
                   presence::hide_from(*owner, contact);
                 });
}

// A component that may (XEP-0356 §4).
void handle_for_component(IqRequest& request, Account& account) {
  if (request.is_set()) return set(request, account);
  Shard& shard = request.shard();
  auto answer = [&shard, owner = account.jid().full(), reply = request.defer()]() mutable {
    Account* account = shard.accounts().loaded(owner);
    if (account != nullptr) reply.result(whole_roster(*account));
  };
  shard.shared_groups().with_current(account, std::move(answer));
}

void handle(IqRequest& request) {
  if (Session* session = request.session()) {
    return request.is_set() ? set(request, session->account()) : get(request, *session);
  }
  const JidView from = request.from();
  const bool is_domain = !from.has_local() && from.is_bare();
  const auto* component = privileges::privileged(request.shard().config(), from.domain());
  if (!is_domain || component == nullptr || request.account() == nullptr ||
      !privileges::allows(component->roster, request.stanza().type())) {
    return request.error(StanzaCondition::forbidden);
  }
  handle_for_component(request, *request.account());
}

// What looks like a push to a client must be one: it comes from this server, which gives it no `from`
// (§2.1.6).
Verdict refuse_forged_push(Account& account, Stanza& stanza) {
  if (!stanza.is_iq() || stanza.type() != StanzaType::set || stanza.from().empty() || stanza.to().is_bare() ||
      !stanza.payload().contains(ns::kRoster)) {
    return Verdict::pass;
  }
  const DocumentLease tree(account.shard(), stanza.wire());
  if (!tree.root().child("query", ns::kRoster)) return Verdict::pass;
  account.shard().bounce(stanza, StanzaCondition::forbidden);
  return Verdict::handled;
}

void announce(const HostConfig& /*host*/, StreamStage stage, bool /*encrypted*/, std::string& xml) {
  if (stage != StreamStage::logged_in) return;
  xml::Writer(xml)
      .leaf("ver", {}, "urn:xmpp:features:rosterver")
      .leaf("sub", {}, "urn:xmpp:features:pre-approval");
}

}  // namespace

Feature make_roster(Shard& shard) {
  shard.shared_groups().configure();
  Feature feature{.name = "roster"};
  feature.iq = {{"query", ns::kRoster, Scope::own_account | Scope::account, handle}};
  feature.disco = {{Scope::host, ns::kRoster}};
  // After the block list, which has the first word.
  feature.hooks.inbound = {{10, refuse_forged_push}};
  feature.hooks.session_bound = {
      {0, [&shard](Session& session) { shard.shared_groups().session_bound(session); }}};
  feature.hooks.session_ended = {
      {0, [&shard](Session& session) { shard.shared_groups().session_ended(session); }}};
  feature.hooks.stream_features = {{0, announce}};
  return feature;
}

}  // namespace vestnik::features
