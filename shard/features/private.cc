// XEP-0049: keeps elements that a user's clients want to find again, one of each name.
#include <memory>
#include <utility>

#include "proto/xml/writer.h"
#include "shard/features/list.h"
#include "shard/shard.h"

namespace vestnik::features {
namespace {

constexpr std::string_view kPrivate = "jabber:iq:private";

// The one element that is asked for or put; none, and the request is refused, if it is not one.
xml::Element element_of(IqRequest& request) {
  const xml::Element element = request.payload().first_child();
  const bool one = element && !element.next();
  if (!one) {
    request.error(StanzaCondition::not_acceptable, "there must be exactly one element");
  } else if (element.ns().empty() || element.ns() == kPrivate) {
    request.error(StanzaCondition::not_acceptable, "the element must have a namespace of its own");
  }
  return request.answered() ? xml::Element() : element;
}

storage::PrivateKey key_of(xml::Element element) {
  return {.ns = std::string(element.ns()), .name = std::string(element.name())};
}

void get(IqRequest& request) {
  const xml::Element asked = element_of(request);
  if (!asked) return;
  const storage::PrivateKey key = key_of(asked);
  request.shard().read(
      *request.account(),
      [owner = request.account()->jid().full(), key](storage::Stores& stores) {
        return stores.private_xml().get(owner, key);
      },
      [key, reply = request.defer()](Result<std::optional<std::string>, storage::Error> stored) mutable {
        if (!stored) return reply.error(Shard::condition_of(stored.error()), "the element could not be read");
        std::string xml;
        xml::Writer w(xml);
        w.open("query", kPrivate);
        if (*stored)
          w.raw(**stored);
        else
          w.leaf(key.name, {}, key.ns);
        w.close();
        reply.result(xml);
      });
}

void set(IqRequest& request) {
  const xml::Element element = element_of(request);
  if (!element) return;
  std::string xml;
  xml::Writer(xml).copy(element, {});
  const std::size_t bytes = xml.size();
  // Written by the storage's thread, read after it is done.
  const auto too_much = std::make_shared<bool>(false);
  request.shard().write(
      *request.account(), bytes,
      [owner = request.account()->jid().full(), key = key_of(element), xml = std::move(xml), too_much,
       limit = request.shard().config().limits.private_bytes](storage::Stores& stores) {
        storage::PrivateStore& store = stores.private_xml();
        const auto old = store.get(owner, key);
        *too_much = store.bytes(owner) - (old ? old->size() : 0) + xml.size() > limit;
        if (!*too_much) store.put(owner, key, xml);
      },
      [too_much, reply = request.defer()](Result<void, storage::Error> stored) mutable {
        if (!stored)
          return reply.error(Shard::condition_of(stored.error()), "the element could not be stored");
        if (*too_much) return reply.error(StanzaCondition::policy_violation, "your private storage is full");
        reply.result();
      });
}

}  // namespace

Feature make_private(Shard& /*shard*/) {
  return {.name = "private",
          .xeps = {"XEP-0049"},
          .iq = {{"query", kPrivate, Scope::own_account, get, IqVerbs::get},
                 {"query", kPrivate, Scope::own_account, set, IqVerbs::set}},
          .disco = {{Scope::host | Scope::own_account, kPrivate}}};
}

}  // namespace vestnik::features
