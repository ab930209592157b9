// RFC 6121 appendix A as it is printed: a table for each stanza and direction, a row for each state.
#include "proto/xep/subscription_state.h"

#include <doctest/doctest.h>

#include <array>

namespace vestnik {
namespace {

using enum SubscriptionEvent;

constexpr SubscriptionState kNone{};
constexpr SubscriptionState kNoneOut{.pending_out = true};
constexpr SubscriptionState kNoneIn{.pending_in = true};
constexpr SubscriptionState kNoneOutIn{.pending_out = true, .pending_in = true};
constexpr SubscriptionState kTo{.to = true};
constexpr SubscriptionState kToIn{.to = true, .pending_in = true};
constexpr SubscriptionState kFrom{.from = true};
constexpr SubscriptionState kFromOut{.from = true, .pending_out = true};
constexpr SubscriptionState kBoth{.to = true, .from = true};

constexpr bool kMust = true;
constexpr bool kMustNot = false;

struct Row {
  SubscriptionState existing;
  bool forward;
  SubscriptionState next;
};
using Table = std::array<Row, 9>;

void check(const Table& table, SubscriptionStep (*machine)(SubscriptionState, SubscriptionEvent),
           SubscriptionEvent event) {
  for (const auto& [existing, forward, next] : table) {
    CAPTURE(subscription_text(existing));
    CAPTURE(existing.pending_out);
    CAPTURE(existing.pending_in);
    const SubscriptionStep step = machine(existing, event);
    CHECK(step.forward == forward);
    CHECK(step.state == next);
  }
}

TEST_CASE("A.2.1: outbound subscribe") {
  check({{{kNone, kMust, kNoneOut},
          {kNoneOut, kMust, kNoneOut},
          {kNoneIn, kMust, kNoneOutIn},
          {kNoneOutIn, kMust, kNoneOutIn},
          {kTo, kMust, kTo},
          {kToIn, kMust, kToIn},
          {kFrom, kMust, kFromOut},
          {kFromOut, kMust, kFromOut},
          {kBoth, kMust, kBoth}}},
        send_event, subscribe);
}

TEST_CASE("A.2.2: outbound unsubscribe") {
  check({{{kNone, kMust, kNone},
          {kNoneOut, kMust, kNone},
          {kNoneIn, kMust, kNoneIn},
          {kNoneOutIn, kMust, kNoneIn},
          {kTo, kMust, kNone},
          {kToIn, kMust, kNoneIn},
          {kFrom, kMust, kFrom},
          {kFromOut, kMust, kFrom},
          {kBoth, kMust, kFrom}}},
        send_event, unsubscribe);
}

TEST_CASE("A.2.3: outbound subscribed; without a request it is a pre-approval (3.4.2)") {
  constexpr SubscriptionState kNoneApproved{.approved = true};
  constexpr SubscriptionState kNoneOutApproved{.pending_out = true, .approved = true};
  constexpr SubscriptionState kToApproved{.to = true, .approved = true};
  check({{{kNone, kMustNot, kNoneApproved},
          {kNoneOut, kMustNot, kNoneOutApproved},
          {kNoneIn, kMust, kFrom},
          {kNoneOutIn, kMust, kFromOut},
          {kTo, kMustNot, kToApproved},
          {kToIn, kMust, kBoth},
          {kFrom, kMustNot, kFrom},
          {kFromOut, kMustNot, kFromOut},
          {kBoth, kMustNot, kBoth}}},
        send_event, subscribed);
}

TEST_CASE("A.2.4: outbound unsubscribed") {
  check({{{kNone, kMustNot, kNone},
          {kNoneOut, kMustNot, kNoneOut},
          {kNoneIn, kMust, kNone},
          {kNoneOutIn, kMust, kNoneOut},
          {kTo, kMustNot, kTo},
          {kToIn, kMust, kTo},
          {kFrom, kMust, kNone},
          {kFromOut, kMust, kNoneOut},
          {kBoth, kMust, kTo}}},
        send_event, unsubscribed);
}

TEST_CASE("A.3.1: inbound subscribe") {
  check({{{kNone, kMust, kNoneIn},
          {kNoneOut, kMust, kNoneOutIn},
          {kNoneIn, kMustNot, kNoneIn},
          {kNoneOutIn, kMustNot, kNoneOutIn},
          {kTo, kMust, kToIn},
          {kToIn, kMustNot, kToIn},
          {kFrom, kMustNot, kFrom},
          {kFromOut, kMustNot, kFromOut},
          {kBoth, kMustNot, kBoth}}},
        receive_event, subscribe);
}

TEST_CASE("A.3.2: inbound unsubscribe") {
  check({{{kNone, kMustNot, kNone},
          {kNoneOut, kMustNot, kNoneOut},
          {kNoneIn, kMust, kNone},
          {kNoneOutIn, kMust, kNoneOut},
          {kTo, kMustNot, kTo},
          {kToIn, kMust, kTo},
          {kFrom, kMust, kNone},
          {kFromOut, kMust, kNoneOut},
          {kBoth, kMust, kTo}}},
        receive_event, unsubscribe);
}

TEST_CASE("A.3.3: inbound subscribed; one that was not asked for is dropped") {
  check({{{kNone, kMustNot, kNone},
          {kNoneOut, kMust, kTo},
          {kNoneIn, kMustNot, kNoneIn},
          {kNoneOutIn, kMust, kToIn},
          {kTo, kMustNot, kTo},
          {kToIn, kMustNot, kToIn},
          {kFrom, kMustNot, kFrom},
          {kFromOut, kMust, kBoth},
          {kBoth, kMustNot, kBoth}}},
        receive_event, subscribed);
}

TEST_CASE("A.3.4: inbound unsubscribed") {
  check({{{kNone, kMustNot, kNone},
          {kNoneOut, kMust, kNone},
          {kNoneIn, kMustNot, kNoneIn},
          {kNoneOutIn, kMust, kNoneIn},
          {kTo, kMust, kNone},
          {kToIn, kMust, kNoneIn},
          {kFrom, kMustNot, kFrom},
          {kFromOut, kMust, kFrom},
          {kBoth, kMust, kFrom}}},
        receive_event, unsubscribed);
}

TEST_CASE("3.1.3: a request is granted in the account's name exactly if the contact is subscribed already") {
  for (const auto& state : {kNone, kNoneOut, kNoneIn, kNoneOutIn, kTo, kToIn, kFrom, kFromOut, kBoth}) {
    CAPTURE(subscription_text(state));
    CHECK(receive_event(state, subscribe).grant == state.from);
    for (const auto event : {subscribed, unsubscribe, unsubscribed})
      CHECK_FALSE(receive_event(state, event).grant);
  }
}

TEST_CASE("3.4.2: a pre-approved request is granted and the account is not asked") {
  for (auto state : {kNone, kNoneOut, kTo}) {
    state.approved = true;
    SubscriptionState next = state;
    next.from = true;
    CAPTURE(subscription_text(state));
    CHECK(receive_event(state, subscribe) ==
          SubscriptionStep{.state = next, .forward = false, .grant = true});
  }
}

TEST_CASE("3.4.2: unsubscribed takes a pre-approval back, before and after it was used") {
  CHECK(send_event({.approved = true}, unsubscribed) == SubscriptionStep{.state = kNone});
  CHECK(send_event({.to = true, .approved = true}, unsubscribed) == SubscriptionStep{.state = kTo});
  CHECK(send_event({.from = true, .approved = true}, unsubscribed) ==
        SubscriptionStep{.state = kNone, .forward = true});
}

TEST_CASE("3.4.2: what the contact sends does not take a pre-approval back") {
  for (const auto event : {subscribed, unsubscribe, unsubscribed}) {
    CHECK(receive_event({.to = true, .from = true, .approved = true}, event).state.approved);
  }
}

TEST_CASE("the subscription attribute of an item") {
  CHECK(subscription_text(kNoneOutIn) == "none");
  CHECK(subscription_text(kToIn) == "to");
  CHECK(subscription_text(kFromOut) == "from");
  CHECK(subscription_text(kBoth) == "both");
}

}  // namespace
}  // namespace vestnik
