#pragma once
#include <string_view>

/// Publish-subscribe (XEP-0060): its namespaces.
namespace vestnik::pubsub {

inline constexpr std::string_view kPubsub = "http://jabber.org/protocol/pubsub";
inline constexpr std::string_view kOwner = "http://jabber.org/protocol/pubsub#owner";
inline constexpr std::string_view kEvent = "http://jabber.org/protocol/pubsub#event";
inline constexpr std::string_view kErrors = "http://jabber.org/protocol/pubsub#errors";
// FORM_TYPEs
inline constexpr std::string_view kNodeConfig = "http://jabber.org/protocol/pubsub#node_config";
inline constexpr std::string_view kPublishOptions = "http://jabber.org/protocol/pubsub#publish-options";
inline constexpr std::string_view kSubscribeAuthorization =
    "http://jabber.org/protocol/pubsub#subscribe_authorization";
inline constexpr std::string_view kMetaData = "http://jabber.org/protocol/pubsub#meta-data";

}  // namespace vestnik::pubsub
