#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "proto/stanza/condition.h"
#include "proto/xml/framer.h"

/// The elements of server dialback (XEP-0220 §2), read and written.
namespace vestnik::s2s {

enum class DialbackKind : std::uint8_t {
  result,  ///< between the initiating and the receiving server
  verify,  ///< between the receiving and the authoritative server
};

enum class DialbackType : std::uint8_t {
  request,  ///< no `type`: it has a key to be verified
  valid,
  invalid,
  error,
};

/// `<db:result/>` or `<db:verify/>`.
struct Dialback {
  DialbackKind kind = DialbackKind::result;
  DialbackType type = DialbackType::request;
  std::string from = {};  ///< canonical domains
  std::string to = {};
  std::string id = {};   ///< of the stream that the key is for; of `verify` only
  std::string key = {};  ///< of a request
};

/// Reads an element of `jabber:server:dialback`. None: it is not one of the two, or lacks what it must have.
std::optional<Dialback> read_dialback(const xml::Frame& frame);

/// Writes it under the prefix `db`, which the stream header declares.
std::string write_dialback(const Dialback& element);

/// The same with the `<error/>` of one that reports an error (§2.4).
std::string write_dialback_error(const Dialback& element, StanzaCondition condition, std::string_view text);

}  // namespace vestnik::s2s
