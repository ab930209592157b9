#pragma once
#include <string_view>

/// Stanzas as clients send them, for the loops to chew on.
namespace vestnik::bench {

inline constexpr std::string_view kStreamHeader =
    "<stream:stream to='example.org' version='1.0' xml:lang='en' xmlns='jabber:client' "
    "xmlns:stream='http://etherx.jabber.org/streams'>";

inline constexpr std::string_view kMessage =
    "<message to='juliet@example.org/balcony' type='chat' id='a1b2c3d4' xml:lang='en'><body>But, soft! what "
    "light "
    "through yonder window breaks? It is the east, and Juliet is the sun. Arise.</body><active "
    "xmlns='http://jabber.org/protocol/chatstates'/></message>";

inline constexpr std::string_view kPing =
    "<iq to='example.org' type='get' id='p17'><ping xmlns='urn:xmpp:ping'/></iq>";

inline constexpr std::string_view kPresence =
    "<presence><show>away</show><status>at the balcony</status><priority>5</priority><c "
    "xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='https://example.org' "
    "ver='QgayPKawpkPSDYmwT/WM94uAlu0='/></presence>";

}  // namespace vestnik::bench
