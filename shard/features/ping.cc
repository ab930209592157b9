// XEP-0199: answers pings to the host and to accounts, to those who may know that the account exists.
#include "shard/features/list.h"

namespace vestnik::features {
namespace {
constexpr std::string_view kPing = "urn:xmpp:ping";
}

Feature make_ping(Shard& /*shard*/) {
  constexpr Scope kScope = Scope::host | Scope::own_account | Scope::contact;
  return {.name = "ping",
          .xeps = {"XEP-0199"},
          .iq = {{"ping", kPing, kScope, [](IqRequest& request) { request.result(); }, IqVerbs::get}},
          .disco = {{kScope, kPing}}};
}

}  // namespace vestnik::features
