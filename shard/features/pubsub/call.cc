#include "shard/features/pubsub/call.h"

#include "proto/xml/ns.h"
#include "shard/presence/presence.h"
#include "shard/pubsub/peer_of.h"

namespace vestnik::features::pubsub_calls {
namespace {

constexpr std::size_t kNameBytes = 1'023;

}  // namespace

pubsub::Caller caller_of(Account& account, JidView peer) {
  const FeatureConfig& options = account.shard().config().features.find("pubsub")->second;
  const bool stored = account.archive() != nullptr;  // else it goes with its session, and nodes would not
  return {.service = account.jid().full(),
          .peer = pubsub::peer_of(account, peer),
          .jid = std::string(peer.full()),
          .quota = {.nodes = stored ? options.get<std::uint32_t>("nodes") : 0,
                    .items = options.get<std::uint32_t>("items"),
                    .bytes = options.get<std::uint64_t>("bytes")}};
}

void refuse(IqRequest& request, const pubsub::Refusal& refusal) { Answer(request).refuse(refusal); }

std::optional<std::string> node_of(IqRequest& request, xml::Element verb) {
  const std::string_view node = verb.attr_or_empty("node");
  if (!node.empty() && node.size() <= kNameBytes) return std::string(node);
  refuse(request, {.condition = StanzaCondition::bad_request, .reason = "nodeid-required"});
  return std::nullopt;
}

std::optional<SubmittedForm> form_in(IqRequest& request, xml::Element parent, std::string_view form_type) {
  const xml::Element x = parent.child("x", ns::kDataForms);
  if (!x) return SubmittedForm();
  auto form = SubmittedForm::parse(x, form_type);
  if (form) return *std::move(form);
  refuse(request,
         {.condition = form.error().condition, .text = "the form is not of the type that is wanted here"});
  return std::nullopt;
}

Answer::Answer(IqRequest& request)
    : reply_(request.defer()), hides_(!presence::may_see(*request.account(), request.from())) {}

void Answer::refuse(const pubsub::Refusal& refusal) {
  if (hides_) return reply_.error(StanzaCondition::service_unavailable);
  reply_.error(refusal.condition, refusal.text, pubsub::reason_xml(refusal));
}

}  // namespace vestnik::features::pubsub_calls
