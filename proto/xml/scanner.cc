#include "proto/xml/scanner.h"

#include <functional>

#include "proto/xml/chars.h"
#include "proto/xml/reference.h"

namespace vestnik::xml {

using enum StreamCondition;

void Relocation::apply(std::string_view& view) const {
  const std::less<const char*> before;
  if (before(view.data(), from.data()) || !before(view.data(), from.data() + from.size())) return;
  view = {to + (view.data() - from.data()), view.size()};
}

void Scanner::restart(bool declaration_allowed) {
  state_ = State::content;
  position_ = 0;
  token_begin_ = 0;
  declaration_allowed_ = declaration_allowed;
  in_declaration_ = false;
  attributes_.clear();
}

void Scanner::relocate(const Relocation& move) {
  move.apply(name_.full);
  move.apply(text_);
  for (RawAttribute& attribute : attributes_) {
    move.apply(attribute.name);
    move.apply(attribute.raw_value);
  }
}

Scanner::Token Scanner::next(std::string_view bytes) {
  begin_ = bytes.data();
  at_ = begin_ + position_;
  end_ = begin_ + bytes.size();
  const Token token = [this] {
    switch (state_) {
      case State::content: return scan_content();
      case State::text: return scan_text();
      case State::bang: return scan_bang();
      case State::cdata: return scan_cdata();
      case State::question: return scan_question();
      case State::end_tag_name:
      case State::end_tag_tail: return scan_end_tag();
      case State::failed: return Token::error;
      default: return scan_tag();
    }
  }();
  position_ = offset();
  return token;
}

Scanner::Token Scanner::scan_content() {
  if (at_ == end_) return Token::need_more;
  token_begin_ = offset();
  if (*at_ == '<') return scan_markup();
  part_begin_ = token_begin_;
  has_references_ = false;
  state_ = State::text;
  return scan_text();
}

Scanner::Token Scanner::scan_markup() {
  if (end_ - at_ < 2) return Token::need_more;
  switch (at_[1]) {
    case '/':
      at_ += 2;
      begin_name();
      state_ = State::end_tag_name;
      return scan_end_tag();
    case '!': state_ = State::bang; return scan_bang();
    case '?': state_ = State::question; return scan_question();
    default:
      at_ += 1;
      begin_name();
      attributes_.clear();
      state_ = State::tag_name;
      return scan_tag();
  }
}

// --- character data ---

Scanner::Token Scanner::scan_text() {
  for (;;) {
    at_ = skip_plain(at_, end_, '<', '&', '>');
    if (at_ == end_) return Token::need_more;
    switch (*at_) {
      case '<':
        text_ = {begin_ + part_begin_, at_};
        state_ = State::content;
        return Token::text;
      case '&':
        has_references_ = true;
        if (!scan_reference()) return stopped();
        break;
      case '>':
        ++at_;
        if (ends_cdata()) return malformed("']]>' in character data");
        break;
      default:
        if (!scan_odd_chars()) return stopped();
    }
  }
}

Scanner::Token Scanner::scan_bang() {
  constexpr std::string_view kCdata = "<![CDATA[";
  const std::string_view seen(at_, end_);
  if (seen.size() < 3) return Token::need_more;
  if (seen[2] == '-') return refuse(restricted_xml, "comments are not allowed");
  if (seen[2] == 'D') return refuse(restricted_xml, "document type declarations are not allowed");
  if (!kCdata.starts_with(seen.substr(0, kCdata.size()))) return malformed("unknown markup after '<!'");
  if (seen.size() < kCdata.size()) return Token::need_more;
  at_ += kCdata.size();
  part_begin_ = offset();
  has_references_ = false;
  state_ = State::cdata;
  return scan_cdata();
}

Scanner::Token Scanner::scan_cdata() {
  for (;;) {
    at_ = skip_plain(at_, end_, '>');
    if (at_ == end_) return Token::need_more;
    switch (*at_) {
      case '>':
        ++at_;
        if (!ends_cdata()) break;
        text_ = {begin_ + part_begin_, at_ - 3};
        state_ = State::content;
        return Token::cdata;
      default:
        if (!scan_odd_chars()) return stopped();
    }
  }
}

// Behind a '>': was it the end of "]]>"?
bool Scanner::ends_cdata() const { return std::string_view(begin_ + part_begin_, at_).ends_with("]]>"); }

// --- tags ---

Scanner::Token Scanner::scan_question() {
  constexpr std::string_view kDeclaration = "<?xml";
  const std::string_view seen(at_, end_);
  const bool declaration = declaration_allowed_ && offset() == 0 &&
                           kDeclaration.starts_with(seen.substr(0, kDeclaration.size())) &&
                           (seen.size() <= kDeclaration.size() || is_space(seen[kDeclaration.size()]));
  if (!declaration) {
    return refuse(restricted_xml,
                  "processing instructions, and the XML declaration but at the start, are not allowed");
  }
  if (seen.size() <= kDeclaration.size()) return Token::need_more;
  at_ += kDeclaration.size();
  in_declaration_ = true;
  attributes_.clear();
  state_ = State::in_tag;
  return scan_tag();
}

Scanner::Token Scanner::scan_tag() {
  for (;;) {
    switch (state_) {
      case State::tag_name:
        if (!scan_name()) return stopped();
        name_ = take_name();
        state_ = State::in_tag;
        [[fallthrough]];
      case State::in_tag:
        if (const auto token = scan_in_tag()) return *token;
        [[fallthrough]];
      case State::attribute_name: {
        if (!scan_name()) return stopped();
        const QName name = take_name();
        attributes_.push_back({.name = name.full, .raw_value = {}, .prefix_size = name.prefix_size});
        state_ = State::equals;
        [[fallthrough]];
      }
      case State::equals:
        if (!expect('=')) return stopped();
        state_ = State::quote;
        [[fallthrough]];
      case State::quote:
        skip_space();
        if (at_ == end_) return Token::need_more;
        if (*at_ != '\'' && *at_ != '"') return malformed("an attribute value without quotes");
        quote_ = *at_++;
        part_begin_ = offset();
        has_references_ = false;
        state_ = State::attribute_value;
        [[fallthrough]];
      default:
        if (!scan_attribute_value()) return stopped();
        state_ = State::in_tag;
    }
  }
}

// Between the parts of a tag: its end is a token; at the name of an attribute there is none yet.
std::optional<Scanner::Token> Scanner::scan_in_tag() {
  skip_space();
  if (at_ == end_) return Token::need_more;
  if (*at_ == '>' && !in_declaration_) {
    ++at_;
    empty_element_ = false;
    state_ = State::content;
    return Token::start_tag;
  }
  if (*at_ == (in_declaration_ ? '?' : '/')) {
    if (end_ - at_ < 2) return Token::need_more;
    if (at_[1] != '>') return malformed("a '>' was expected");
    at_ += 2;
    empty_element_ = true;
    state_ = State::content;
    return in_declaration_ ? Token::declaration : Token::start_tag;
  }
  if (!is_space(at_[-1])) return malformed("white space was expected before an attribute");
  if (attributes_.size() >= max_attributes_) {
    return refuse(policy_violation, "too many attributes in one element (limit: attributes)");
  }
  begin_name();
  state_ = State::attribute_name;
  return std::nullopt;
}

bool Scanner::scan_attribute_value() {
  for (;;) {
    at_ = skip_plain(at_, end_, quote_, '<', '&');
    if (at_ == end_) return false;
    switch (*at_) {
      case '<': return fail(not_well_formed, "'<' in an attribute value");
      case '&':
        has_references_ = true;
        if (!scan_reference()) return false;
        break;
      default:
        if (*at_ == quote_) {
          attributes_.back().raw_value = {begin_ + part_begin_, at_};
          attributes_.back().has_references = has_references_;
          ++at_;
          return true;
        }
        if (!scan_odd_chars()) return false;
    }
  }
}

Scanner::Token Scanner::scan_end_tag() {
  if (state_ == State::end_tag_name) {
    if (!scan_name()) return stopped();
    name_ = take_name();
    state_ = State::end_tag_tail;
  }
  if (!expect('>')) return stopped();
  state_ = State::content;
  return Token::end_tag;
}

// --- the parts of tokens; false: failed, or the bytes end ---

void Scanner::begin_name() {
  part_begin_ = offset();
  colon_ = 0;
}

// NCName (':' NCName)?, up to the first character that cannot belong to it.
bool Scanner::scan_name() {
  const char* p = at_;
  if (offset() == part_begin_ && p != end_ &&
      is_ascii_name_start(*p)) {  // nearly all names are ASCII without a colon
    do ++p;
    while (p != end_ && is_ascii_name_char(*p));
    at_ = p;
    if (p == end_) return false;
    if (is_ascii(*p) && *p != ':') return true;
  }
  return scan_any_name();
}

bool Scanner::scan_any_name() {
  for (;;) {
    const bool at_start = offset() == (colon_ == 0 ? part_begin_ : colon_ + 1);
    if (at_ == end_) return false;
    if (!is_ascii(*at_)) {
      if (!scan_wide_name_char(at_start)) return false;
    } else if (at_start ? is_ascii_name_start(*at_) : is_ascii_name_char(*at_)) {
      ++at_;
    } else if (at_start) {
      return fail(not_well_formed, "a name was expected");
    } else if (*at_ != ':') {
      return true;
    } else if (colon_ != 0) {
      return fail(not_well_formed, "a name with two colons");
    } else {
      colon_ = offset();
      ++at_;
    }
  }
}

bool Scanner::scan_wide_name_char(bool at_start) {
  const DecodedChar c = decode_utf8({at_, end_});
  if (c.status == DecodedChar::Status::incomplete) return false;
  if (c.status == DecodedChar::Status::invalid) return fail(bad_format, "invalid UTF-8");
  if (at_start ? !is_wide_name_start(c.code_point) : !is_wide_name_char(c.code_point)) {
    return fail(not_well_formed, "a character that names cannot have");
  }
  at_ += c.size;
  return true;
}

QName Scanner::take_name() const {
  const std::size_t prefix = colon_ == 0 ? 0 : colon_ - part_begin_;
  return {{begin_ + part_begin_, at_}, static_cast<std::uint32_t>(prefix)};
}

bool Scanner::scan_reference() {
  const Reference reference = read_reference({at_, end_});
  switch (reference.status) {
    case Reference::Status::ok: at_ += reference.size; return true;
    case Reference::Status::incomplete: return false;
    case Reference::Status::malformed: return fail(not_well_formed, "'&' without a reference");
    case Reference::Status::illegal_char:
      return fail(not_well_formed, "a reference to a character that XML forbids");
    case Reference::Status::unknown_entity:
      return fail(restricted_xml, "entities other than amp, lt, gt, quot and apos are not allowed");
    case Reference::Status::too_long:
      return fail(policy_violation, "a character reference of too many digits");
  }
  return false;
}

// At a control character or one beyond ASCII.
bool Scanner::scan_odd_chars() {
  if (is_space(*at_)) {
    has_references_ = has_references_ || *at_ == '\r' || state_ == State::attribute_value;
    ++at_;
    return true;
  }
  const char* const wide_end = skip_wide(at_, end_);
  if (wide_end != at_) {
    at_ = wide_end;
    return true;
  }
  const DecodedChar c = decode_utf8({at_, end_});
  if (c.status == DecodedChar::Status::incomplete) return false;
  if (c.status == DecodedChar::Status::invalid) return fail(bad_format, "invalid UTF-8");
  return fail(not_well_formed, "a character that XML forbids");
}

void Scanner::skip_space() {
  while (at_ != end_ && is_space(*at_)) ++at_;
}

// White space and then `c`.
bool Scanner::expect(char c) {
  skip_space();
  if (at_ == end_) return false;
  if (*at_ != c) return fail(not_well_formed, c == '=' ? "a '=' was expected" : "a '>' was expected");
  ++at_;
  return true;
}

bool Scanner::fail(StreamCondition condition, std::string_view text) {
  fault_ = {condition, text};
  state_ = State::failed;
  return false;
}

}  // namespace vestnik::xml
