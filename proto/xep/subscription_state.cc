#include "proto/xep/subscription_state.h"

namespace vestnik {

// The tables of appendix A, row by row, come down to these few lines; tests/unit/presence holds the tables.

SubscriptionStep send_event(SubscriptionState state, SubscriptionEvent event) {
  const SubscriptionState before = state;
  switch (event) {
    case SubscriptionEvent::subscribe:
      state.pending_out = !state.to;
      return {.state = state, .forward = true};
    case SubscriptionEvent::unsubscribe:
      state.to = state.pending_out = false;
      return {.state = state, .forward = true};
    case SubscriptionEvent::subscribed:
      if (before.from) return {.state = state};
      state.from = before.pending_in;
      state.approved = before.approved || !before.pending_in;
      state.pending_in = false;
      return {.state = state, .forward = before.pending_in};
    case SubscriptionEvent::unsubscribed:
      state.from = state.pending_in = state.approved = false;
      return {.state = state, .forward = before.from || before.pending_in};
  }
  return {.state = state};
}

SubscriptionStep receive_event(SubscriptionState state, SubscriptionEvent event) {
  const SubscriptionState before = state;
  switch (event) {
    case SubscriptionEvent::subscribe:
      if (before.from) return {.state = state, .grant = true};
      state.from = before.approved;
      state.pending_in = !before.approved;
      return {.state = state, .forward = !before.approved && !before.pending_in, .grant = before.approved};
    case SubscriptionEvent::unsubscribe:
      state.from = state.pending_in = false;
      return {.state = state, .forward = before.from || before.pending_in};
    case SubscriptionEvent::subscribed:
      state.to = before.to || before.pending_out;
      state.pending_out = false;
      return {.state = state, .forward = before.pending_out};
    case SubscriptionEvent::unsubscribed:
      state.to = state.pending_out = false;
      return {.state = state, .forward = before.to || before.pending_out};
  }
  return {.state = state};
}

std::string_view subscription_text(const SubscriptionState& state) {
  if (state.to) return state.from ? "both" : "to";
  return state.from ? "from" : "none";
}

}  // namespace vestnik
