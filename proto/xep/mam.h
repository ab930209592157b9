#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proto/base/result.h"
#include "proto/jid/jid.h"
#include "proto/stanza/stanza.h"
#include "proto/xep/rsm.h"
#include "proto/xml/document.h"

/// Message archives (XEP-0313 v1.1): what is asked for and what is answered.
namespace vestnik::mam {

/// True for what a user's archive should have (§6.1.1 and XEP-0334): conversation, not its states, and not
/// what its sender wants kept out. Retractions are (XEP-0424 §5): who was away has to learn of them.
bool worth_archiving(const Stanza& message);

/// A query as the client wrote it (§4). Ids are texts that need not be any archive's.
struct Query {
  std::string query_id;
  std::optional<Jid> with;
  std::optional<std::chrono::system_clock::time_point> start;
  std::optional<std::chrono::system_clock::time_point> end;
  std::optional<std::string> after_id;
  std::optional<std::string> before_id;
  std::optional<std::vector<std::string>> ids;
  std::string text;  ///< words to search for (XEP-0431); empty: none
  rsm::Request page;
  bool flipped = false;
};

/// Whether archives can be searched for words (XEP-0431).
enum class TextSearch : std::uint8_t { off, on };

/// Reads `<query/>`. `feature-not-implemented` for an unknown field (§4.1.5), `jid-malformed` for a `with`
/// that is no address, `bad-request` for what else is wrong.
Result<Query, StanzaReject> parse_query(xml::Element query, TextSearch search);

/// `<query/>` with the form of all fields (§4.1.5).
std::string query_form(TextSearch search);

/// What a message says, for those who search: all of its bodies and subjects. Empty if it cannot be read
/// (encrypted, or no stanza as Stanza::wire() gives it).
std::string searchable_text(std::string_view message);

/// One result (§4.2): the content of the message that takes it to the client.
struct ResultHead {
  std::string_view query_id;
  std::string_view id;
  std::chrono::system_clock::time_point received;
};
/// `message`, `appended`: see write_forwarded().
std::string result(const ResultHead& head, std::string_view message, std::string_view appended);

/// `<fin/>`, the answer behind the results. `first` and `last` are ids, empty if there were no results.
std::string fin(std::string_view first, std::string_view last, bool complete);

/// One end of an archive.
struct End {
  std::string id;
  std::chrono::system_clock::time_point received;
};
/// `<metadata/>` (§5) of an archive.
std::string metadata(const End& first, const End& last);
/// The same of an empty one.
std::string empty_metadata();

}  // namespace vestnik::mam
