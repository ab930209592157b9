#pragma once
#include <string_view>

/// Namespace names, one constant each; features add theirs in their own files when nobody else needs them.
namespace vestnik::ns {

inline constexpr std::string_view kXml = "http://www.w3.org/XML/1998/namespace";
inline constexpr std::string_view kXmlns = "http://www.w3.org/2000/xmlns/";
inline constexpr std::string_view kStreams = "http://etherx.jabber.org/streams";
inline constexpr std::string_view kStreamErrors = "urn:ietf:params:xml:ns:xmpp-streams";
inline constexpr std::string_view kStanzaErrors = "urn:ietf:params:xml:ns:xmpp-stanzas";
inline constexpr std::string_view kClient = "jabber:client";
inline constexpr std::string_view kServer = "jabber:server";
inline constexpr std::string_view kDialback = "jabber:server:dialback";
inline constexpr std::string_view kComponent = "jabber:component:accept";
inline constexpr std::string_view kTls = "urn:ietf:params:xml:ns:xmpp-tls";
inline constexpr std::string_view kSasl = "urn:ietf:params:xml:ns:xmpp-sasl";
inline constexpr std::string_view kBind = "urn:ietf:params:xml:ns:xmpp-bind";
inline constexpr std::string_view kSession = "urn:ietf:params:xml:ns:xmpp-session";
inline constexpr std::string_view kRoster = "jabber:iq:roster";
inline constexpr std::string_view kDelay = "urn:xmpp:delay";
inline constexpr std::string_view kArchive = "urn:xmpp:mam:2";
inline constexpr std::string_view kClientState = "urn:xmpp:csi:0";
inline constexpr std::string_view kCaps = "http://jabber.org/protocol/caps";
inline constexpr std::string_view kDiscoInfo = "http://jabber.org/protocol/disco#info";
inline constexpr std::string_view kDataForms = "jabber:x:data";

}  // namespace vestnik::ns
