#include "proto/stanza/stanza.h"

#include <array>
#include <optional>
#include <utility>

#include "proto/xml/ns.h"
#include "proto/xml/writer.h"

namespace vestnik {
namespace {

struct TypeName {
  std::string_view name;
  StanzaType type;
};

constexpr std::array kMessageTypes{
    TypeName{"chat", StanzaType::chat},           TypeName{"normal", StanzaType::normal},
    TypeName{"groupchat", StanzaType::groupchat}, TypeName{"headline", StanzaType::headline},
    TypeName{"error", StanzaType::error},
};
constexpr std::array kPresenceTypes{
    TypeName{"unavailable", StanzaType::unavailable},
    TypeName{"subscribe", StanzaType::subscribe},
    TypeName{"subscribed", StanzaType::subscribed},
    TypeName{"unsubscribe", StanzaType::unsubscribe},
    TypeName{"unsubscribed", StanzaType::unsubscribed},
    TypeName{"probe", StanzaType::probe},
    TypeName{"error", StanzaType::error},
};
constexpr std::array kIqTypes{
    TypeName{"get", StanzaType::get},
    TypeName{"set", StanzaType::set},
    TypeName{"result", StanzaType::result},
    TypeName{"error", StanzaType::error},
};

template <typename Table>
std::optional<StanzaType> find_type(const Table& table, std::string_view name) {
  for (const auto& row : table) {
    if (row.name == name) return row.type;
  }
  return std::nullopt;
}

// `name` is absent if there is no such attribute. nullopt: the kind's rules refuse the type.
std::optional<StanzaType> parse_type(StanzaKind kind, std::optional<std::string_view> name) {
  switch (kind) {
    case StanzaKind::message: return find_type(kMessageTypes, name.value_or("")).value_or(StanzaType::normal);
    case StanzaKind::presence: return name ? find_type(kPresenceTypes, *name) : StanzaType::available;
    case StanzaKind::iq: return find_type(kIqTypes, name.value_or(""));
  }
  return std::nullopt;
}

struct MarkRow {
  std::string_view ns;
  std::string_view name;  ///< "" for any
  Mark mark;
};

constexpr std::array kMarks{
    MarkRow{ns::kClient, "body", Mark::body},
    MarkRow{ns::kClient, "subject", Mark::subject},
    MarkRow{ns::kClient, "thread", Mark::thread},
    MarkRow{"http://jabber.org/protocol/chatstates", "", Mark::chat_state},
    MarkRow{"urn:xmpp:delay", "", Mark::delay},
    MarkRow{"urn:xmpp:sid:0", "stanza-id", Mark::stanza_id},
    MarkRow{"http://jabber.org/protocol/muc#user", "x", Mark::muc_user},
    MarkRow{"urn:xmpp:hints", "no-store", Mark::no_store},
    MarkRow{"urn:xmpp:hints", "no-permanent-store", Mark::no_permanent_store},
    MarkRow{"urn:xmpp:hints", "store", Mark::store},
    MarkRow{"urn:xmpp:hints", "no-copy", Mark::no_copy},
    MarkRow{"eu.siacs.conversations.axolotl", "encrypted", Mark::encrypted},
    MarkRow{"urn:xmpp:omemo:2", "encrypted", Mark::encrypted},
    MarkRow{"urn:xmpp:openpgp:0", "openpgp", Mark::encrypted},
    MarkRow{"jabber:x:encrypted", "x", Mark::encrypted},
    MarkRow{"jabber:x:conference", "x", Mark::invite},
    MarkRow{"urn:xmpp:receipts", "", Mark::receipt},
    MarkRow{"urn:xmpp:chat-markers:0", "", Mark::receipt},
    MarkRow{"urn:xmpp:carbons:2", "private", Mark::not_carbon},
    MarkRow{"urn:xmpp:carbons:2", "", Mark::carbon},
    MarkRow{ns::kArchive, "result", Mark::archive_result},
    MarkRow{"urn:xmpp:message-retract:1", "retract", Mark::retract},
    MarkRow{"urn:xmpp:occupant-id:0", "occupant-id", Mark::occupant_id},
};

// A child of the stanza's own namespace (jabber:server on another server's stream) counts as jabber:client's.
Mark mark_of(const xml::ChildHead& child, std::string_view stanza_ns) {
  const std::string_view ns = child.ns == stanza_ns ? ns::kClient : child.ns;
  for (const auto& row : kMarks) {
    if (row.ns == ns && (row.name.empty() || row.name == child.name)) return row.mark;
  }
  return Mark::other;
}

// An attribute's value as text; `scratch` is used when references have to be replaced.
std::string_view value_of(const xml::RawAttribute& attribute, std::string& scratch) {
  if (!attribute.has_references) return attribute.raw_value;
  scratch.clear();
  xml::append_unescaped(scratch, attribute.raw_value);  // the framer has checked every reference
  return scratch;
}

// An address attribute in canonical form: a view of the frame when it already is, else of `owner`.
Result<JidView, JidError> parse_address(std::string_view text, Jid& owner) {
  const JidView fast = JidView::if_canonical_ascii(text);
  if (!fast.empty()) return fast;
  auto parsed = Jid::parse(text);
  if (!parsed) return Err(parsed.error());
  owner = std::move(*parsed);
  return owner.view();
}

// Everything a start tag says, with storage for what could not stay a view of the frame.
struct ParsedHead {
  StanzaHead head;
  Jid from_owner, to_owner;
  std::string id_scratch, lang_scratch, address_scratch, type_scratch, extra;
  std::optional<StanzaReject> reject;

  ParsedHead() = default;
  ParsedHead(const ParsedHead&) = delete;
  ParsedHead& operator=(const ParsedHead&) = delete;

  void read(const xml::RawAttribute& attribute, std::optional<std::string_view>& type_text) {
    if (attribute.name == "to") {
      read_address(attribute, head.to, to_owner);
    } else if (attribute.name == "from") {
      read_address(attribute, head.from, from_owner);
    } else if (attribute.name == "id") {
      head.id = value_of(attribute, id_scratch);
    } else if (attribute.name == "type") {
      type_text = value_of(attribute, type_scratch);
    } else if (attribute.name == "xml:lang") {
      head.lang = value_of(attribute, lang_scratch);
    } else if (attribute.name != "xmlns") {
      keep_raw(attribute.name, attribute.raw_value);
    }
  }

  // Adds an attribute to `extra`.
  void keep(std::string_view name, std::string_view value) {
    std::string raw;
    xml::append_attr(raw, value);
    keep_raw(name, raw);
  }

 private:
  void read_address(const xml::RawAttribute& attribute, JidView& target, Jid& owner) {
    auto jid = parse_address(value_of(attribute, address_scratch), owner);
    if (!jid) {
      reject = StanzaReject{StanzaCondition::jid_malformed, std::string(to_string(jid.error()))};
      return;
    }
    // A view into the scratch would die with the next attribute.
    const bool in_scratch = attribute.has_references && owner.empty();
    if (in_scratch) owner = Jid(*jid);
    target = in_scratch ? owner.view() : *jid;
  }

  // The raw value may have stood between double quotes and hold an apostrophe; ours stands between
  // apostrophes.
  void keep_raw(std::string_view name, std::string_view raw_value) {
    extra.append(" ").append(name).append("='");
    for (const char c : raw_value) {
      if (c == '\'')
        extra += "&apos;";
      else
        extra += c;
    }
    extra += '\'';
  }
};

}  // namespace

std::optional<StanzaKind> stanza_kind(std::string_view name) {
  if (name == "message") return StanzaKind::message;
  if (name == "iq") return StanzaKind::iq;
  if (name == "presence") return StanzaKind::presence;
  return std::nullopt;
}

std::string_view to_string(StanzaKind kind) {
  constexpr std::array<std::string_view, 3> kNames{"message", "presence", "iq"};
  return kNames[std::to_underlying(kind)];
}

std::string_view to_string(StanzaType type) {
  switch (type) {
    case StanzaType::normal:
    case StanzaType::available: return "";
    case StanzaType::chat: return "chat";
    case StanzaType::groupchat: return "groupchat";
    case StanzaType::headline: return "headline";
    case StanzaType::unavailable: return "unavailable";
    case StanzaType::subscribe: return "subscribe";
    case StanzaType::subscribed: return "subscribed";
    case StanzaType::unsubscribe: return "unsubscribe";
    case StanzaType::unsubscribed: return "unsubscribed";
    case StanzaType::probe: return "probe";
    case StanzaType::get: return "get";
    case StanzaType::set: return "set";
    case StanzaType::result: return "result";
    case StanzaType::error: return "error";
  }
  return "";
}

Stanza::Slice Stanza::put_value(std::string_view attribute, std::string_view value) {
  buffer_.append(" ").append(attribute).append("='");
  const auto at = static_cast<std::uint32_t>(buffer_.size());
  xml::append_attr(buffer_, value);
  const auto size = static_cast<std::uint32_t>(buffer_.size()) - at;
  buffer_ += '\'';
  return {at, size};
}

void Stanza::put_aux(Slice& slice, std::string_view value) {
  if (slice.size == value.size()) return;  // nothing was escaped: the wire form is the value
  slice = {static_cast<std::uint32_t>(buffer_.size()), static_cast<std::uint32_t>(value.size())};
  buffer_.append(value);
}

Stanza::Address Stanza::put_address(std::string_view attribute, JidView jid) {
  if (jid.empty()) return {};
  return {put_value(attribute, jid.full()), jid.local_end(), jid.domain_end()};
}

void Stanza::build(const StanzaHead& head, std::string_view payload) {
  kind_ = head.kind;
  type_ = head.type;
  const std::string_view name = to_string(head.kind);
  const std::string_view type = to_string(head.type);
  buffer_.reserve(2 * name.size() + type.size() + head.from.full().size() + head.to.full().size() +
                  head.id.size() + head.lang.size() + head.extra.size() + payload.size() + 64);
  buffer_.append("<").append(name);
  from_ = put_address("from", head.from);
  to_ = put_address("to", head.to);
  if (!head.id.empty()) id_ = put_value("id", head.id);
  if (!type.empty()) put_value("type", type);
  if (!head.lang.empty()) lang_ = put_value("xml:lang", head.lang);
  extra_ = {static_cast<std::uint32_t>(buffer_.size()), static_cast<std::uint32_t>(head.extra.size())};
  buffer_.append(head.extra);
  if (payload.empty()) {
    buffer_ += "/>";
  } else {
    buffer_ += '>';
    payload_ = {static_cast<std::uint32_t>(buffer_.size()), static_cast<std::uint32_t>(payload.size())};
    buffer_.append(payload).append("</").append(name).append(">");
  }
  wire_end_ = static_cast<std::uint32_t>(buffer_.size());
  put_aux(from_.text, head.from.full());
  put_aux(to_.text, head.to.full());
  put_aux(id_, head.id);
  put_aux(lang_, head.lang);
}

void Stanza::set_marks(const xml::Frame& frame) {
  for (const auto& child : *frame.children) marks_ |= static_cast<std::uint32_t>(mark_of(child, frame.ns));
}

Result<Stanza, StanzaReject> Stanza::from_frame(const xml::Frame& frame, JidView from,
                                                std::string_view stream_lang) {
  const auto kind = stanza_kind(frame.name);
  if (!kind) return Err(StanzaReject{StanzaCondition::bad_request, "not a stanza"});
  ParsedHead parsed;
  parsed.head.kind = *kind;
  std::optional<std::string_view> type_text;
  for (const auto& attribute : *frame.attributes) parsed.read(attribute, type_text);
  if (parsed.reject) return Err(std::move(*parsed.reject));
  const auto type = parse_type(*kind, type_text);
  if (!type) return Err(StanzaReject{StanzaCondition::bad_request, "unknown stanza type"});
  parsed.head.type = *type;
  // A message's `type='normal'`, or one that is unknown and counts as normal, stays as the client wrote it.
  if (type_text && to_string(*type).empty()) parsed.keep("type", *type_text);
  parsed.head.extra = parsed.extra;
  if (!from.empty()) parsed.head.from = from;
  if (parsed.head.lang.empty()) parsed.head.lang = stream_lang;

  Stanza stanza;
  stanza.build(parsed.head, frame.bytes.substr(frame.start_tag_end, frame.content_end - frame.start_tag_end));
  stanza.set_marks(frame);
  return stanza;
}

Result<Stanza, StanzaReject> Stanza::from_xml(std::string_view xml, JidView from,
                                              std::string_view stream_lang) {
  // The peer's limits have been applied to what it sent; what we have stamped on it comes on top.
  const XmlLimits limits{.element_bytes = xml.size() + 1'024,  // and the header below
                         .elements = UINT32_MAX,
                         .attributes = UINT32_MAX,
                         .depth = UINT32_MAX};
  // A serialised stanza has no namespace of its own (jabber:client is the stream's), so it is framed inside a
  // stream.
  xml::Framer framer(limits);
  std::string_view header =
      "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>";
  if (framer.next(header) != xml::Framer::Event::stream_open ||
      framer.next(xml) != xml::Framer::Event::element) {
    return Err(StanzaReject{StanzaCondition::internal_server_error, "damaged stanza"});
  }
  return from_frame(framer.frame(), from, stream_lang);
}

Stanza Stanza::make(const StanzaHead& head, std::string_view payload) {
  Stanza stanza;
  stanza.build(head, payload);
  return stanza;
}

Stanza Stanza::rebuilt(const StanzaHead& head, std::string_view payload) const {
  Stanza stanza = make(head, payload);
  stanza.marks_ = marks_;
  return stanza;
}

Stanza Stanza::with_head(const StanzaHead& head) const { return rebuilt(head, payload()); }

Stanza Stanza::readdressed(JidView from, JidView to) const {
  StanzaHead new_head = head();
  new_head.from = from;
  new_head.to = to;
  return with_head(new_head);
}

Stanza Stanza::addressed_to(JidView to) const {
  // `to` stands behind `from`, unless that had to be escaped and so is not where its slice is.
  const bool plain = from_.text.size != 0 && from_.text.at < wire_end_ && to_.text.size == 0;
  if (!plain) return readdressed(from(), to);
  const std::uint32_t at = from_.text.at + from_.text.size + 1;
  Stanza copy;
  copy.buffer_.reserve(buffer_.size() + 2 * to.full().size() + 8);
  copy.buffer_.assign(buffer_, 0, at);
  copy.to_ = copy.put_address("to", to);
  const std::uint32_t shift = static_cast<std::uint32_t>(copy.buffer_.size()) - at;
  copy.buffer_.append(buffer_, at);
  const auto moved = [&](Slice slice) {
    return slice.at >= at ? Slice{slice.at + shift, slice.size} : slice;
  };
  copy.from_ = from_;
  copy.wire_end_ = wire_end_ + shift;
  copy.id_ = moved(id_);
  copy.lang_ = moved(lang_);
  copy.extra_ = moved(extra_);
  copy.payload_ = moved(payload_);
  copy.put_aux(copy.to_.text, to.full());
  copy.marks_ = marks_;
  copy.kind_ = kind_;
  copy.type_ = type_;
  return copy;
}

Stanza Stanza::with_payload(std::string_view payload) const { return rebuilt(head(), payload); }

Stanza Stanza::with_appended(std::string_view xml) const {
  std::string content(payload());
  content.append(xml);
  return with_payload(content);
}

Stanza Stanza::clone() const {
  Stanza copy;
  copy.buffer_ = buffer_;
  copy.wire_end_ = wire_end_;
  copy.from_ = from_;
  copy.to_ = to_;
  copy.id_ = id_;
  copy.lang_ = lang_;
  copy.extra_ = extra_;
  copy.payload_ = payload_;
  copy.marks_ = marks_;
  copy.archive_ = archive_;
  copy.kind_ = kind_;
  copy.type_ = type_;
  return copy;
}

StanzaHead Stanza::head() const {
  return {.kind = kind_,
          .type = type_,
          .from = from(),
          .to = to(),
          .id = id(),
          .lang = lang(),
          .extra = view(extra_)};
}

}  // namespace vestnik
