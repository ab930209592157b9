#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "proto/base/result.h"
#include "proto/jid/jid.h"
#include "proto/stream/error.h"
#include "proto/xml/framer.h"

namespace vestnik {

/// A stream header as a peer sent it (RFC 6120 §4.7), its attributes checked one by one. What is wrong is
/// left to the caller to judge after it has sent its own header (TRAPS row 15: the response header precedes
/// even a stream error).
struct StreamHeader {
  std::string to;  ///< canonical domain; empty if absent
  std::optional<Jid> from;
  std::string id;  ///< of a response header
  std::string lang;
  bool version_1 = false;  ///< version='1.0' or later; false for the older protocol, which sends none
  std::optional<StreamError> problem;  ///< the first thing that makes the stream impossible
};

/// Reads a header for a stream of the given content namespace (`jabber:client`).
StreamHeader read_stream_header(const xml::StreamOpen& open, std::string_view content_ns);

/// What a header of ours says.
struct OwnHeader {
  std::string_view content_ns;
  std::string_view from;  ///< our host
  std::string_view to;    ///< the peer's address, in a response only if it gave one
  std::string_view id;    ///< fresh and unpredictable; empty in an initial header
  std::string_view lang = "en";
  bool version_1 = true;
};

/// `<?xml version='1.0'?><stream:stream …>`. Between servers it declares the prefix `db` of dialback
/// (XEP-0220 §2.3).
std::string write_stream_header(const OwnHeader& header);

inline constexpr std::string_view kStreamClose = "</stream:stream>";

}  // namespace vestnik
