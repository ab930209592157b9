// XEP-0280: what one of a user's clients sends or gets, the others see too.
#include "proto/xep/carbons.h"

#include <algorithm>
#include <boost/circular_buffer.hpp>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>

#include "proto/base/siphash.h"
#include "shard/archive/archiving.h"
#include "shard/features/list.h"
#include "shard/shard.h"

namespace vestnik::features {
namespace {

using carbons::Direction;

// Behind the archive (50), whose ids the copies have.
constexpr int kOrder = 60;

// Copied messages of one account that an error may still come back for.
constexpr std::size_t kRemembered = 64;

bool invites_to_room(Shard& shard, const Stanza& message) {
  if (!message.has(Mark::muc_user)) return false;
  constexpr std::string_view kMucUser = "http://jabber.org/protocol/muc#user";
  const DocumentLease tree(shard, message.wire());
  return static_cast<bool>(tree.root().child("x", kMucUser).child("invite"));
}

bool may_be_copied(Shard& shard, const Stanza& message, Direction direction) {
  return carbons::eligible(message, direction, invites_to_room(shard, message));
}

template <typename Predicate>
bool anybody_wants(Account& account, Predicate concerned) {
  return std::ranges::any_of(account.sessions(), [&](const auto& session) {
    return session->wants_carbons() && concerned(*session);
  });
}

class Carbons {
 public:
  explicit Carbons(Shard& shard) : shard_(shard) {}

  static void enable(IqRequest& request) { set(request, true); }
  static void disable(IqRequest& request) { set(request, false); }

  // A message to oneself is copied when it arrives.
  Verdict outbound(Session& sender, Stanza& message) {
    Account& account = sender.account();
    const auto another = [&](const Session& session) { return &session != &sender; };
    if (!message.is_message() || !anybody_wants(account, another)) return Verdict::pass;
    if (message.to().bare() == account.jid().full()) return Verdict::pass;
    if (!is_wanted(account, message, message.to(), Direction::sent)) return Verdict::pass;
    const storage::ArchiveId archived = message.archive().id;
    const std::string stanza_id = archived == storage::kNoArchiveId
                                      ? std::string()
                                      : archiving::stanza_id(shard_, account.jid().full(), archived);
    copy(account, message, carbons::wrap(Direction::sent, message.wire(), stanza_id), another);
    return Verdict::pass;
  }

  void accepted(Account& account, const Stanza& message, const Reach& reach) {
    const auto missed = [&](const Session& session) {
      return !reach.includes(session) && session.jid().full() != message.from().full();
    };
    if (!anybody_wants(account, missed)) return;
    if (is_wanted(account, message, message.from(), Direction::received))
      copy(account, message, carbons::wrap(Direction::received, message.wire(), {}), missed);
  }

  void forget(const Session& session) {
    if (session.account().sessions().size() <= 1) copied_.erase(&session.account());
  }

 private:
  static void set(IqRequest& request, bool wants) {
    if (request.session() == nullptr)
      return request.error(StanzaCondition::not_allowed, "this is for clients");
    request.session()->set_wants_carbons(wants);
    request.result();
  }

  template <typename Predicate>
  static void copy(Account& account, const Stanza& message, const std::string& content, Predicate concerned) {
    for (const auto& session : account.sessions()) {
      if (!session->wants_carbons() || !concerned(*session)) continue;
      session->send(Stanza::make(
          {.kind = StanzaKind::message, .type = message.type(), .from = account.jid(), .to = session->jid()},
          content));
    }
  }

  bool is_wanted(const Account& account, const Stanza& message, JidView peer, Direction direction) {
    if (message.is_error()) return answers_copied(account, message, peer);
    if (!may_be_copied(shard_, message, direction)) return false;
    remember(account, peer, message.id());
    return true;
  }

  // Errors are copied if the message was (§6.1), which cannot be seen from the error.
  static std::uint64_t key(JidView peer, std::string_view id) {
    return siphash24(SipKey{.k0 = siphash24(SipKey{}, peer.full()), .k1 = 0}, id);
  }

  void remember(const Account& account, JidView peer, std::string_view id) {
    auto& copied = copied_[&account];
    if (copied.capacity() == 0) copied.set_capacity(kRemembered);
    copied.push_back(key(peer, id));
  }

  bool answers_copied(const Account& account, const Stanza& error, JidView peer) const {
    const auto found = copied_.find(&account);
    return found != copied_.end() &&
           std::ranges::find(found->second, key(peer, error.id())) != found->second.end();
  }

  Shard& shard_;
  std::unordered_map<const Account*, boost::circular_buffer<std::uint64_t>>
      copied_;  ///< of accounts with sessions
};

}  // namespace

Feature make_carbons(Shard& shard) {
  auto carbons = std::make_shared<Carbons>(shard);
  Feature feature{.name = "carbons",
                  .xeps = {"XEP-0280"},
                  .iq = {{"enable", carbons::kCarbons, Scope::own_account, Carbons::enable, IqVerbs::set},
                         {"disable", carbons::kCarbons, Scope::own_account, Carbons::disable, IqVerbs::set}},
                  .disco = {{Scope::host | Scope::own_account, carbons::kCarbons},
                            {Scope::host | Scope::own_account, carbons::kRules}}};
  feature.hooks.outbound.push_back(
      {kOrder, [carbons](Session& session, Stanza& stanza) { return carbons->outbound(session, stanza); }});
  feature.hooks.accepted.push_back({kOrder, [carbons](Account& account, Stanza& message, const Reach& reach) {
                                      carbons->accepted(account, message, reach);
                                    }});
  feature.hooks.session_ended.push_back({kOrder, [carbons](Session& session) { carbons->forget(session); }});
  return feature;
}

}  // namespace vestnik::features
