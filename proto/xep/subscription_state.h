#pragma once
#include <cstdint>
#include <string_view>

namespace vestnik {

/// How an account stands with one contact: the nine states of RFC 6121 appendix A.1 as the facts they are
/// made of, and pre-approval (§3.4). Two combinations do not occur: `to` with `pending_out`, and `from` with
/// `pending_in`.
struct SubscriptionState {
  bool to = false;           ///< the account sees the contact's presence
  bool from = false;         ///< the contact sees the account's presence
  bool pending_out = false;  ///< the account has asked the contact (`ask='subscribe'`)
  bool pending_in = false;   ///< the contact has asked and waits for an answer; no part of a roster item
  bool approved = false;     ///< a request of the contact will be granted without asking the account

  friend bool operator==(const SubscriptionState&, const SubscriptionState&) = default;
};

/// The stanzas that change it, as their presence types are called.
enum class SubscriptionEvent : std::uint8_t { subscribe, subscribed, unsubscribe, unsubscribed };

/// What a server does with one of them.
struct SubscriptionStep {
  SubscriptionState state;  ///< from now on
  bool forward = false;  ///< outbound: route it to the contact; inbound: deliver it to the account's clients
  bool grant = false;    ///< inbound only: answer `subscribed` in the account's name

  friend bool operator==(const SubscriptionStep&, const SubscriptionStep&) = default;
};

/// The account sends `event` to the contact (RFC 6121 appendix A.2, §3.4.2).
SubscriptionStep send_event(SubscriptionState state, SubscriptionEvent event);

/// `event` has come from the contact (RFC 6121 appendix A.3, §3.1.3, §3.4.2).
SubscriptionStep receive_event(SubscriptionState state, SubscriptionEvent event);

/// The `subscription` attribute of a roster item: none, to, from or both.
std::string_view subscription_text(const SubscriptionState& state);

}  // namespace vestnik
