#include "shard/features/pubsub/approvals.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "proto/pubsub/event.h"
#include "proto/pubsub/ns.h"
#include "proto/xep/dataform.h"
#include "proto/xml/ns.h"
#include "shard/features/pubsub/call.h"
#include "shard/pubsub/announce.h"

namespace vestnik::features::pubsub_calls {
namespace {

struct Decision {
  std::string node;
  Jid subscriber;
  bool allowed = false;
};

// None: this message is something else, or says nothing that could be done.
std::optional<Decision> read_decision(Shard& shard, const Stanza& message) {
  if (!message.payload().contains(pubsub::kSubscribeAuthorization)) return std::nullopt;
  const DocumentLease tree(shard, message.wire());
  const xml::Element x = tree.root().child("x", ns::kDataForms);
  if (!x || x.attr_or_empty("type") != "submit") return std::nullopt;
  const auto form = SubmittedForm::parse(x, pubsub::kSubscribeAuthorization);
  if (!form) return std::nullopt;
  const auto node = form->text("pubsub#node");
  const auto subscriber = Jid::parse(form->text("pubsub#subscriber_jid").value_or(""));
  const auto allowed = form->boolean("pubsub#allow");
  if (!node || !subscriber || !allowed || !*allowed) return std::nullopt;
  return Decision{std::string(*node), *subscriber, **allowed};
}

}  // namespace

Verdict decide(Account& account, Stanza& message) {
  if (!message.has(Mark::other) || message.is_error()) return Verdict::pass;
  if (message.from().bare() != account.jid().full()) return Verdict::pass;
  Shard& shard = account.shard();
  auto read = read_decision(shard, message);
  if (!read) return Verdict::pass;

  using Outcome = Result<pubsub::Subscribed, pubsub::Refusal>;
  const auto decision = std::make_shared<const Decision>(*std::move(read));
  const auto outcome = std::make_shared<std::optional<Outcome>>();
  shard.write(
      account, decision->node.size() + decision->subscriber.full().size(),
      [caller = caller_of(account, message.from()), decision, outcome](storage::Stores& stores) {
        *outcome = pubsub::decide(stores.pubsub(), caller, decision->node, decision->subscriber.full(),
                                  decision->allowed);
      },
      [&shard, owner = account.jid(), decision, outcome,
       sent = std::make_shared<const Stanza>(message.clone())](Result<void, storage::Error> stored) {
        if (!stored) return shard.bounce(*sent, Shard::condition_of(stored.error()));
        if (!**outcome) return shard.bounce(*sent, (**outcome).error().condition);
        const pubsub::Subscribed& decided = ***outcome;
        pubsub::send_event(
            shard, owner, decision->subscriber, decided.node.config,
            pubsub::subscription_event(decision->node, decision->subscriber.full(), decided.state));
        if (decided.last) pubsub::send_item(shard, owner, decision->subscriber, decided.node, *decided.last);
        pubsub::changed(shard, owner, decided.node, {});
      });
  return Verdict::handled;
}

}  // namespace vestnik::features::pubsub_calls
