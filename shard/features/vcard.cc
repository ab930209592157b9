// XEP-0054: keeps each user's card and shows it to everybody.
#include <utility>

#include "proto/xml/writer.h"
#include "shard/features/list.h"
#include "shard/shard.h"

namespace vestnik::features {
namespace {

constexpr std::string_view kVcard = "vcard-temp";
constexpr std::string_view kEmpty = "<vCard xmlns='vcard-temp'/>";

void get(IqRequest& request) {
  const bool own = request.session() != nullptr;
  request.shard().read(
      *request.account(),
      [owner = request.account()->jid().full()](storage::Stores& stores) {
        return stores.vcards().get(owner);
      },
      [own, reply = request.defer()](Result<std::optional<std::string>, storage::Error> card) mutable {
        if (!card) return reply.error(Shard::condition_of(card.error()), "the card could not be read");
        if (*card) return reply.result(**card);
        if (own) return reply.result(kEmpty);
        // §3.3: as an account that does not exist would answer.
        reply.error(StanzaCondition::service_unavailable);
      });
}

void set(IqRequest& request) {
  std::string xml;
  xml::Writer(xml).copy(request.payload(), {});
  if (xml.size() > request.shard().config().limits.vcard_bytes) {
    return request.error(StanzaCondition::policy_violation, "this card is too large");
  }
  const std::size_t bytes = xml.size();
  request.shard().write(
      *request.account(), bytes,
      [owner = request.account()->jid().full(), xml = std::move(xml)](storage::Stores& stores) {
        stores.vcards().put(owner, xml);
      },
      [reply = request.defer()](Result<void, storage::Error> stored) mutable {
        if (!stored) return reply.error(Shard::condition_of(stored.error()), "the card could not be stored");
        reply.result();
      });
}

}  // namespace

Feature make_vcard(Shard& /*shard*/) {
  constexpr Scope kScope = Scope::own_account | Scope::account;
  return {.name = "vcard",
          .xeps = {"XEP-0054"},
          .iq = {{"vCard", kVcard, kScope, get, IqVerbs::get},
                 {"vCard", kVcard, Scope::own_account, set, IqVerbs::set}},
          .disco = {{Scope::host | kScope, kVcard}}};
}

}  // namespace vestnik::features
