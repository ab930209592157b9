#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "proto/pubsub/ns.h"
#include "shard/feature/iq_request.h"
#include "shard/pubsub/operations.h"
#include "shard/shard.h"

/// Requests to an account's nodes (XEP-0163): what is asked becomes an operation of shard/pubsub, and what it
/// gives an answer.
namespace vestnik::features::pubsub_calls {

/// What an account allows, and who asks it.
pubsub::Caller caller_of(Account& account, JidView peer);
inline pubsub::Caller caller_of(IqRequest& request) { return caller_of(*request.account(), request.from()); }

/// Refuses a request: one of a stranger as an account that does not exist would, whatever the reason (RFC
/// 6121 §13.11).
void refuse(IqRequest& request, const pubsub::Refusal& refusal);

/// The attribute `node`; nothing, and the request is refused, if it is missing or over-long.
std::optional<std::string> node_of(IqRequest& request, xml::Element verb);

/// The form of type `form_type` among the children of `parent`; an empty one if there is none, nothing, and
/// the request is refused, if it is of another type.
std::optional<SubmittedForm> form_in(IqRequest& request, xml::Element parent, std::string_view form_type);

/// The answer to a request that waits for the store.
class Answer {
 public:
  explicit Answer(IqRequest& request);

  /// `payload`: one serialised child element, or nothing.
  void result(std::string_view payload = {}) { reply_.result(payload); }
  /// As refuse() above.
  void refuse(const pubsub::Refusal& refusal);

  /// True if the operation came to a value; else the request is refused here.
  template <typename T>
  bool succeeded(const Result<Result<T, pubsub::Refusal>, storage::Error>& outcome) {
    if (!outcome) {
      refuse({.condition = Shard::condition_of(outcome.error()),
              .text = "the nodes could not be read or stored"});
    } else if (!*outcome) {
      refuse(outcome->error());
    }
    return outcome && *outcome;
  }

 private:
  IqReply reply_;
  bool hides_;  ///< the account's existence
};

/// Runs `operation`, Result<T, Refusal>(PubsubStore&), as a transaction; after its commit `done`, with an
/// Answer and the result, which holds a value. A refusal is answered here.
template <typename Operation, typename Done>
void change(IqRequest& request, std::size_t bytes, Operation operation, Done done) {
  using Outcome = std::invoke_result_t<Operation&, storage::PubsubStore&>;
  // Written by the storage's thread, read after it is done.
  const auto outcome = std::make_shared<std::optional<Outcome>>();
  request.shard().write(
      *request.account(), bytes,
      [operation = std::move(operation), outcome](storage::Stores& stores) mutable {
        *outcome = operation(stores.pubsub());
      },
      [outcome, done = std::move(done),
       answer = Answer(request)](Result<void, storage::Error> stored) mutable {
        Result<Outcome, storage::Error> result =
            stored ? Result<Outcome, storage::Error>(std::move(**outcome)) : Err(std::move(stored.error()));
        if (answer.succeeded(result)) done(std::move(answer), *std::move(result));
      });
}

/// The same for one that only reads, after the account's own writes.
template <typename Operation, typename Done>
void look(IqRequest& request, Operation operation, Done done) {
  using Outcome = std::invoke_result_t<Operation&, storage::PubsubStore&>;
  request.shard().read(
      *request.account(),
      [operation = std::move(operation)](storage::Stores& stores) mutable {
        return operation(stores.pubsub());
      },
      [done = std::move(done), answer = Answer(request)](Result<Outcome, storage::Error> result) mutable {
        if (answer.succeeded(result)) done(std::move(answer), *std::move(result));
      });
}

/// The verbs of `<pubsub/>`, each the first child element of a request; all answer.
void publish(IqRequest& request, xml::Element verb);
void retract(IqRequest& request, xml::Element verb);
void retrieve(IqRequest& request, xml::Element verb);
void create(IqRequest& request, xml::Element verb);
void subscribe(IqRequest& request, xml::Element verb);
void unsubscribe(IqRequest& request, xml::Element verb);
void own_subscriptions(IqRequest& request, xml::Element verb);
void own_affiliations(IqRequest& request, xml::Element verb);
/// Options of subscriptions: there are none.
void no_options(IqRequest& request, xml::Element verb);

/// Those of the owner.
void default_config(IqRequest& request, xml::Element verb);
void show_config(IqRequest& request, xml::Element verb);
void configure(IqRequest& request, xml::Element verb);
void remove(IqRequest& request, xml::Element verb);
void purge(IqRequest& request, xml::Element verb);
void show_subscriptions(IqRequest& request, xml::Element verb);
void change_subscriptions(IqRequest& request, xml::Element verb);
void show_affiliations(IqRequest& request, xml::Element verb);
void change_affiliations(IqRequest& request, xml::Element verb);

/// disco#info and disco#items of nodes, and disco#items of the account (XEP-0060 §5).
void describe_node(IqRequest& request);
void list_nodes(IqRequest& request);
void list_items(IqRequest& request);

}  // namespace vestnik::features::pubsub_calls
