#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "proto/base/result.h"
#include "proto/jid/jid.h"
#include "proto/stanza/condition.h"
#include "proto/xml/framer.h"

namespace vestnik {

enum class StanzaKind : std::uint8_t { message, presence, iq };

/// The `type` attribute. An absent one is `normal` for messages and `available` for presence.
enum class StanzaType : std::uint8_t {
  // message (RFC 6121 §5.2.2); an unknown type counts as normal
  normal,
  chat,
  groupchat,
  headline,
  // presence (RFC 6121 §4.7.1)
  available,
  unavailable,
  subscribe,
  subscribed,
  unsubscribe,
  unsubscribed,
  probe,
  // iq (RFC 6120 §8.2.3)
  get,
  set,
  result,
  // any kind
  error,
};

std::string_view to_string(StanzaKind kind);
/// The kind of stanza with this element name; nullopt: it is no stanza's.
std::optional<StanzaKind> stanza_kind(std::string_view element_name);
/// The attribute's text; "" for those that are written by leaving it out (normal, available).
std::string_view to_string(StanzaType type);

/// What routing wants to know of a stanza's content without building a tree; one bit per kind of child
/// element.
enum class Mark : std::uint32_t {
  body = 1U << 0U,        ///< `<body/>`
  subject = 1U << 1U,     ///< `<subject/>`
  encrypted = 1U << 2U,   ///< OMEMO, OpenPGP or another payload that stands for a body
  chat_state = 1U << 3U,  ///< XEP-0085
  delay = 1U << 4U,       ///< XEP-0203
  stanza_id = 1U << 5U,   ///< XEP-0359
  muc_user = 1U << 6U,    ///< XEP-0045 `x`
  no_store = 1U << 7U,    ///< XEP-0334
  no_permanent_store = 1U << 8U,
  store = 1U << 9U,
  no_copy = 1U << 10U,
  invite = 1U << 11U,          ///< XEP-0249
  thread = 1U << 12U,          ///< `<thread/>`
  other = 1U << 13U,           ///< a child that none of the marks names
  receipt = 1U << 14U,         ///< XEP-0184, XEP-0333
  not_carbon = 1U << 15U,      ///< XEP-0280 `<private/>`
  carbon = 1U << 16U,          ///< XEP-0280 `<sent/>` and `<received/>`
  archive_result = 1U << 17U,  ///< XEP-0313 `<result/>`
  retract = 1U << 18U,         ///< XEP-0424
  occupant_id = 1U << 19U,     ///< XEP-0421
};

/// The parts of a stanza's start tag. Views belong to the caller.
struct StanzaHead {
  StanzaKind kind = StanzaKind::message;
  StanzaType type = StanzaType::normal;
  JidView from = {};
  JidView to = {};
  std::string_view id = {};
  std::string_view lang = {};
  /// Further attributes as they stand on the wire, each with a leading space: ` xmlns:p='urn:x'`.
  std::string_view extra = {};
};

/// Why a frame is no stanza that may be routed. The connection answers with a stanza error that names
/// `condition`.
struct StanzaReject {
  StanzaCondition condition = StanzaCondition::bad_request;
  std::string text;
};

/// What archives have of a message (XEP-0313), for those who handle it behind them. Goes with it to its
/// addressee's shard; lost with any change of the stanza.
struct ArchiveNote {
  std::int64_t body = 0;         ///< of its content, the same for sender and addressee; 0: in no archive yet
  std::int64_t id = 0;           ///< in the archive of the account that it is at; 0: not to be archived there
  std::uint32_t stamp_at = 0;    ///< where in the payload the `<stanza-id/>` of that archive stands
  std::uint32_t stamp_size = 0;  ///< 0: it has none
  bool stored = false;           ///< nobody needs to see to it that it gets there under this id
  bool searchable = false;       ///< it shall be found there by its text (XEP-0431)
};

/// A stanza in the one form in which it is stored, queued, moved between shards and written to clients: its
/// own serialised bytes (`jabber:client` form, self-contained) with the parsed head beside them. One
/// allocation. Move-only, so that a copy is always visible as clone(). Any one thread at a time; immutable
/// once built, so `shared_ptr<const Stanza>` may be shared.
class Stanza {
 public:
  Stanza() = default;
  Stanza(Stanza&&) noexcept = default;
  Stanza& operator=(Stanza&&) noexcept = default;
  Stanza(const Stanza&) = delete;
  Stanza& operator=(const Stanza&) = delete;

  /// Builds a stanza from a frame of a client's stream: `from` is what the server stamps (RFC 6120 §8.1.2.1)
  /// whatever the frame says; `stream_lang` is stamped when the stanza has none (§8.1.5). The frame must be
  /// forwardable (RULES 7).
  static Result<Stanza, StanzaReject> from_frame(const xml::Frame& frame, JidView from,
                                                 std::string_view stream_lang);

  /// The same from a serialised, self-contained stanza in `jabber:client` form: what Writer::copy() made of a
  /// frame that may not be forwarded as it is.
  static Result<Stanza, StanzaReject> from_xml(std::string_view xml, JidView from,
                                               std::string_view stream_lang);

  /// Builds a stanza from trusted bytes that wire() once gave (a stored row). Fails only on damaged input.
  static Result<Stanza, StanzaReject> from_stored(std::string_view xml) { return from_xml(xml, {}, {}); }

  /// Builds a stanza around serialised content. `payload` is child elements in `jabber:client` form.
  static Stanza make(const StanzaHead& head, std::string_view payload);

  /// The same content under a new start tag.
  Stanza with_head(const StanzaHead& head) const;
  /// The same stanza with other addresses.
  Stanza readdressed(JidView from, JidView to) const;
  /// A copy for one of many: the same stanza, which has no `to`, with one. Costs little more than the bytes.
  Stanza addressed_to(JidView to) const;
  /// The same start tag around other content; the marks stay those of the old one.
  Stanza with_payload(std::string_view payload) const;
  /// Another start tag around other content; the marks stay those of the old one.
  Stanza rebuilt(const StanzaHead& head, std::string_view payload) const;
  /// The same stanza with `xml` (child elements) appended to its content.
  Stanza with_appended(std::string_view xml) const;
  Stanza clone() const;

  StanzaKind kind() const { return kind_; }
  StanzaType type() const { return type_; }
  bool is_message() const { return kind_ == StanzaKind::message; }
  bool is_presence() const { return kind_ == StanzaKind::presence; }
  bool is_iq() const { return kind_ == StanzaKind::iq; }
  bool is_error() const { return type_ == StanzaType::error; }
  bool is_request() const { return type_ == StanzaType::get || type_ == StanzaType::set; }

  JidView from() const { return {view(from_.text), from_.local_end, from_.domain_end}; }
  JidView to() const { return {view(to_.text), to_.local_end, to_.domain_end}; }  ///< empty when absent
  std::string_view id() const { return view(id_); }
  std::string_view lang() const { return view(lang_); }
  StanzaHead head() const;

  /// Notes what whoever made the stanza has put into it.
  void add_mark(Mark mark) { marks_ |= static_cast<std::uint32_t>(mark); }
  bool has(Mark mark) const { return (marks_ & static_cast<std::uint32_t>(mark)) != 0; }

  const ArchiveNote& archive() const { return archive_; }
  void set_archive(const ArchiveNote& note) { archive_ = note; }

  /// The serialised stanza, ready for a `jabber:client` stream.
  std::string_view wire() const { return std::string_view(buffer_).substr(0, wire_end_); }
  /// What stands between the start tag and the end tag.
  std::string_view payload() const { return view(payload_); }
  /// Bytes this stanza costs a queue.
  std::size_t cost() const { return buffer_.size() + sizeof(Stanza); }

 private:
  struct Slice {
    std::uint32_t at = 0;
    std::uint32_t size = 0;
  };
  struct Address {
    Slice text;
    std::uint16_t local_end = 0;
    std::uint16_t domain_end = 0;
  };
  std::string_view view(Slice s) const { return std::string_view(buffer_).substr(s.at, s.size); }
  Slice put_value(std::string_view attribute, std::string_view value);
  void put_aux(Slice& slice, std::string_view value);
  Address put_address(std::string_view attribute, JidView jid);
  void build(const StanzaHead& head, std::string_view payload);
  void set_marks(const xml::Frame& frame);

  std::string buffer_;  ///< the wire form, then values that the wire form had to escape
  std::uint32_t wire_end_ = 0;
  Address from_, to_;
  Slice id_, lang_, extra_, payload_;
  std::uint32_t marks_ = 0;
  ArchiveNote archive_;
  StanzaKind kind_ = StanzaKind::message;
  StanzaType type_ = StanzaType::normal;
};

}  // namespace vestnik
