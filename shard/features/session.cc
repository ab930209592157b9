// The session request of RFC 3921, which RFC 6121 made a no-op, and the second bind, which is refused (RFC
// 6120 §7.1).
#include "proto/xml/ns.h"
#include "shard/features/list.h"

namespace vestnik::features {

Feature make_session(Shard& /*shard*/) {
  constexpr Scope kScope = Scope::host | Scope::own_account;
  return {.name = "session",
          .iq = {{"session", ns::kSession, kScope, [](IqRequest& request) { request.result(); }},
                 {"bind", ns::kBind, kScope, [](IqRequest& request) {
                    request.error(StanzaCondition::not_allowed, "this stream has a resource already");
                  }}}};
}

}  // namespace vestnik::features
