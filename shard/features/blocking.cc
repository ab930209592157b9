// XEP-0191: a user's block list, and what it keeps away in both directions.
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "proto/stanza/reply.h"
#include "proto/xml/writer.h"
#include "shard/features/list.h"
#include "shard/presence/presence.h"
#include "shard/session/blocked.h"
#include "shard/shard.h"

namespace vestnik::features {
namespace {

constexpr std::string_view kBlocking = "urn:xmpp:blocking";
constexpr std::string_view kBlockedError = "<blocked xmlns='urn:xmpp:blocking:errors'/>";

std::string list_xml(std::string_view element, const auto& jids) {
  std::string xml;
  xml::Writer w(xml);
  w.open(element, kBlocking);
  for (const auto& jid : jids) w.open("item").attr("jid", jid).close();
  w.close();
  return xml;
}

// What everybody who may see the account's presence sees of a session: its presence, or that it is gone.
void show_presence(Account& account, const Jid& contact, bool present) {
  if (contact.bare() == account.jid().full()) return;
  const bool subscribed = presence::may_see(account, contact);
  for (const auto& session : account.sessions()) {
    const bool directed = session->directed_presence().contains(contact);
    if (!session->available() || (!subscribed && !directed)) continue;
    if (present) {
      account.shard().route(session->presence()->readdressed(session->jid(), contact));
    } else {
      const StanzaHead head{.kind = StanzaKind::presence,
                            .type = StanzaType::unavailable,
                            .from = session->jid(),
                            .to = contact};
      account.shard().route(Stanza::make(head, ""));
    }
  }
}

class Blocking : public std::enable_shared_from_this<Blocking> {
 public:
  explicit Blocking(Shard& shard) : shard_(shard) {}

  static void get(IqRequest& request) {
    if (request.is_set()) return request.error(StanzaCondition::bad_request, "the list is read by a get");
    if (Session* session = request.session()) session->set_wants_blocklist();
    request.result(list_xml("blocklist", request.account()->blocked()));
  }

  void change(IqRequest& request, bool block) {
    if (!request.is_set()) return request.error(StanzaCondition::bad_request, "the list is changed by a set");
    std::vector<std::string> jids;
    for (const xml::Element item : request.payload().children()) {
      const auto text = item.attr("jid");
      if (item.name() != "item" || !text)
        return request.error(StanzaCondition::bad_request, "an item has a jid");
      const auto jid = Jid::parse(*text);
      if (!jid) return request.error(StanzaCondition::jid_malformed, to_string(jid.error()));
      jids.push_back(jid->full());
    }
    Account& account = *request.account();
    if (jids.empty() && block)
      return request.error(StanzaCondition::bad_request, "there is nothing to block");
    if (block && account.blocked().size() + jids.size() > shard_.config().limits.blocklist_items) {
      return request.error(StanzaCondition::resource_constraint, "the block list is full");
    }
    const bool all = jids.empty();
    if (all) jids.assign(account.blocked().begin(), account.blocked().end());
    apply(account, jids, block);
    write(account, std::move(jids), block, all, request.defer());
  }

  Verdict outbound(Session& session, Stanza& stanza) {
    if (!is_blocked(session.account(), stanza.to())) return Verdict::pass;
    // Its own presence must still be able to go away, and what it was asked before may be answered.
    if (stanza.is_presence() && !stanza.is_request() && stanza.type() != StanzaType::available)
      return Verdict::pass;
    // Straight to the session: what comes from the blocked address would be kept away from it. `cancel` is
    // what §3.3 shows.
    if (may_answer_with_error(stanza)) {
      session.send(make_error(stanza, StanzaCondition::not_acceptable, "you have blocked this address",
                              kBlockedError, "cancel"));
    }
    return Verdict::handled;
  }

  Verdict inbound(Account& account, Stanza& stanza) {
    if (account.blocked().empty() || !is_blocked(account, stanza.from())) return Verdict::pass;
    // §3: presence and answers vanish, messages and requests meet the same error as for an account that is
    // not there.
    if (!stanza.is_presence() && (stanza.is_message() || stanza.is_request())) {
      shard_.bounce(stanza, StanzaCondition::service_unavailable);
    }
    return Verdict::handled;
  }

 private:
  // Memory first: the list holds from this moment on. Unavailable presence leaves before the block, available
  // after it.
  static void apply(Account& account, const std::vector<std::string>& jids, bool block) {
    for (const auto& text : jids) {
      const Jid jid(JidView::of_canonical(text));
      if (block) {
        show_presence(account, jid, false);
        account.blocked().insert(text);
      } else {
        account.blocked().erase(text);
        show_presence(account, jid, true);
      }
    }
  }

  void write(Account& account, std::vector<std::string> jids, bool block, bool all, IqReply reply) {
    auto shared = std::make_shared<const std::vector<std::string>>(std::move(jids));
    shard_.write(
        account, shared->size() * 64,
        [owner = account.jid().full(), shared, block](storage::Stores& stores) {
          if (block)
            stores.blocks().add(owner, *shared);
          else
            stores.blocks().remove(owner, *shared);
        },
        [self = shared_from_this(), bare = account.jid(), shared, block, all,
         answer = std::move(reply)](Result<void, storage::Error> result) mutable {
          if (!result)
            return answer.error(Shard::condition_of(result.error()), "the block list could not be stored");
          answer.result();
          const std::vector<std::string> none;
          self->push(bare, list_xml(block ? "block" : "unblock", all ? none : *shared));
        });
  }

  void push(const Jid& bare, std::string_view payload) {
    Account* account = shard_.accounts().loaded(bare.full());
    if (account == nullptr) return;
    for (const auto& session : account->sessions()) {
      if (!session->wants_blocklist()) continue;
      const std::string id = shard_.new_id();
      session->send(Stanza::make(
          {.kind = StanzaKind::iq, .type = StanzaType::set, .to = session->jid(), .id = id}, payload));
    }
  }

  Shard& shard_;
};

}  // namespace

Feature make_blocking(Shard& shard) {
  auto blocking = std::make_shared<Blocking>(shard);
  Feature feature{
      .name = "blocking",
      .xeps = {"XEP-0191"},
      .iq = {{"blocklist", kBlocking, Scope::own_account, [](IqRequest& request) { Blocking::get(request); }},
             {"block", kBlocking, Scope::own_account,
              [blocking](IqRequest& request) { blocking->change(request, true); }},
             {"unblock", kBlocking, Scope::own_account,
              [blocking](IqRequest& request) { blocking->change(request, false); }}},
      .disco = {{Scope::host | Scope::own_account, kBlocking}}};
  // Before everything else: what is blocked is neither stored nor answered by other features.
  feature.hooks.outbound.push_back(
      {0, [blocking](Session& session, Stanza& stanza) { return blocking->outbound(session, stanza); }});
  feature.hooks.inbound.push_back(
      {0, [blocking](Account& account, Stanza& stanza) { return blocking->inbound(account, stanza); }});
  return feature;
}

}  // namespace vestnik::features
