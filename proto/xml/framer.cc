#include "proto/xml/framer.h"

#include <algorithm>

#include "proto/xml/chars.h"
#include "proto/xml/ns.h"

namespace vestnik::xml {

using enum StreamCondition;
using Event = Framer::Event;

namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

// What continues a held element is taken over in pieces, since most of it may belong to the elements behind.
constexpr std::size_t kPieceBytes = 4'096;

template <typename T>
void release(std::vector<T>& vector) {
  std::vector<T>().swap(vector);
}

// Clears; an element of unusual size does not leave its memory behind.
template <typename T>
void recycle(std::vector<T>& vector) {
  constexpr std::size_t kUsual = 32;
  if (vector.capacity() > kUsual) release(vector);
  vector.clear();
}

}  // namespace

Framer::Framer(XmlLimits limits, bool expect_stream_header) : expect_header_(expect_stream_header) {
  set_limits(limits);
  scanner_.restart(true);
}

void Framer::set_limits(XmlLimits limits) {
  limits_ = limits;
  scanner_.set_max_attributes(limits.attributes);
}

void Framer::reset() {
  Framer fresh(limits_, expect_header_);
  fresh.restarted_ = true;
  *this = std::move(fresh);
}

bool Framer::mid_element() const { return held_bytes() != 0; }
std::size_t Framer::held_bytes() const { return unit_complete_ ? 0 : held_.size(); }
bool Framer::take_whitespace_seen() { return std::exchange(whitespace_seen_, false); }

void Framer::trim() {
  if (mid_element()) return;
  if (unit_complete_) forget_unit();
  namespaces_.recycle(true);
  release(scanner_.attributes());
  release(open_);
  release(attributes_);
  release(children_);
}

Event Framer::next(std::string_view& input) {
  for (;;) {
    if (unit_complete_) forget_unit();
    const Event event = next_unit(input);
    if (event == Event::need_more && unit_complete_) continue;  // the declaration makes no event
    if (event == Event::need_more || event == Event::error) input = {};
    return event;
  }
}

Event Framer::next_unit(std::string_view& input) {
  if (phase_ == Phase::failed) return Event::error;
  if (phase_ == Phase::closed) return Event::need_more;
  if (phase_ == Phase::closing) return on_stream_end();
  if (!held_.empty()) return scan_held(input);
  if (const auto nothing = find_unit(input)) return *nothing;
  const Event event = scan(input);
  if (unit_complete_) {
    input.remove_prefix(scanner_.position());
  } else if (event == Event::need_more) {
    hold(input, {});
  }
  return event;
}

// Skips what may stand between units. Nothing: a unit begins.
std::optional<Event> Framer::find_unit(std::string_view& input) {
  if (phase_ == Phase::start && restarted_ && mark_bytes_ == 0) {
    // White space behind the last element of the old stream (`</response>\n`) does not begin the new one.
    input.remove_prefix(static_cast<std::size_t>(std::ranges::find_if_not(input, is_space) - input.begin()));
  }
  if (phase_ == Phase::start && !input.empty()) {
    while (mark_bytes_ < kByteOrderMark.size() && !input.empty() && input[0] == kByteOrderMark[mark_bytes_]) {
      ++mark_bytes_;
      input.remove_prefix(1);
    }
    if (input.empty()) return Event::need_more;
    // UTF-16 and UTF-32 begin with FE FF, FF FE or zeros.
    if (mark_bytes_ == 0 && (input[0] == '\0' || input[0] == '\xFE' || input[0] == '\xFF')) {
      return fail(unsupported_encoding, "the encoding must be UTF-8");
    }
    if (mark_bytes_ % kByteOrderMark.size() != 0) return outside_text();
    phase_ = Phase::prolog;
    scanner_.restart(input[0] == '<');
  }
  const auto* const begin = std::ranges::find_if_not(input, is_space);
  if (begin != input.begin()) whitespace_seen_ = true;
  input.remove_prefix(static_cast<std::size_t>(begin - input.begin()));
  if (input.empty()) return Event::need_more;
  if (input[0] != '<') return outside_text();
  return std::nullopt;
}

Event Framer::outside_text() {
  return phase_ == Phase::between && expect_header_
             ? fail(bad_format, "character data between stanzas")
             : fail(not_well_formed, "an XML document begins with '<'");
}

Event Framer::scan_held(std::string_view& input) {
  while (!input.empty()) {
    const std::size_t before = held_.size();
    const auto piece = input.substr(0, std::max(kPieceBytes, before));
    hold({held_.data(), before}, piece);
    const Event event = scan({held_.data(), held_.size()});
    if (unit_complete_) {
      input.remove_prefix(scanner_.position() - before);
      return event;
    }
    if (event != Event::need_more) return event;
    input.remove_prefix(piece.size());
  }
  return Event::need_more;
}

// Goes on scanning the unit that `bytes` begin with, up to the limit: what lies behind must not matter,
// however much of it is at hand. A limit that was lowered meanwhile does not undo what has been scanned.
Event Framer::scan(std::string_view bytes) {
  const std::string_view window = bytes.substr(0, std::max(limits_.element_bytes, scanner_.position()));
  for (;;) {
    const Scanner::Token token = scanner_.next(window);
    if (token == Scanner::Token::need_more) {
      if (window.size() == bytes.size()) return Event::need_more;
      return fail(policy_violation, "an element is too big (limit: element_bytes)");
    }
    if (const auto event = on_token(token, window)) return *event;
  }
}

std::optional<Event> Framer::on_token(Scanner::Token token, std::string_view bytes) {
  switch (token) {
    case Scanner::Token::start_tag: return on_start_tag(bytes);
    case Scanner::Token::end_tag: return on_end_tag(bytes);
    case Scanner::Token::text:
    case Scanner::Token::cdata: return on_text();
    case Scanner::Token::declaration: return on_declaration();
    case Scanner::Token::error: return fail(scanner_.fault().condition, scanner_.fault().text);
    case Scanner::Token::need_more: break;
  }
  return Event::need_more;
}

std::optional<Event> Framer::on_text() {
  if (open_.empty()) return outside_text();  // a CDATA section
  if (open_.size() == 1 && !frame_.has_text) {
    frame_.has_text = !std::ranges::all_of(scanner_.text(), is_space);
  }
  return std::nullopt;
}

// --- tags ---

// Declares what the start tag declares and checks its attributes; `ns` becomes the element's namespace.
bool Framer::resolve_names(std::uint32_t depth, std::string_view& ns) {
  const QName& name = scanner_.name();
  auto fault = namespaces_.declare(scanner_.attributes(), depth);
  if (!fault) fault = namespaces_.check_attributes(scanner_.attributes());
  const Namespaces::Binding* binding = namespaces_.find(name.prefix());
  if (!fault && name.prefix_size != 0 && binding == nullptr) {
    fault = Fault{not_well_formed, "an element's prefix is not bound"};
  }
  if (fault) {
    fail(fault->condition, fault->text);
    return false;
  }
  ns = binding == nullptr ? std::string_view() : binding->ns;
  return true;
}

std::optional<Event> Framer::on_start_tag(std::string_view bytes) {
  if (phase_ == Phase::prolog && expect_header_) return on_stream_header();
  const auto depth = static_cast<std::uint32_t>(open_.size() + 1);
  if (depth > limits_.depth) return fail(policy_violation, "elements nested too deeply (limit: depth)");
  if (++elements_ > limits_.elements) return fail(policy_violation, "too many elements (limit: elements)");
  const std::size_t outer_bindings = namespaces_.size();
  std::string_view ns;
  if (!resolve_names(depth, ns)) return Event::error;

  const QName& name = scanner_.name();
  if (depth == 1) {
    phase_ = Phase::inside;
    frame_ = {};
    frame_.name = name.local();
    frame_.ns = ns;
    frame_.forwardable = true;
    frame_.start_tag_end = static_cast<std::uint32_t>(scanner_.position());
  } else if (ns == ns::kStreams) {
    return fail(bad_format, "an element of the streams namespace inside a stanza");
  }
  if (frame_.forwardable) frame_.forwardable = is_self_contained(depth, outer_bindings);
  if (depth == 1) {
    attributes_.swap(scanner_.attributes());
  } else if (depth == 2) {
    children_.push_back({name.local(), ns, static_cast<std::uint32_t>(scanner_.token_begin()), 0});
  }
  open_.push_back({name.full, outer_bindings});
  if (!scanner_.empty_element()) return std::nullopt;
  return close_element(bytes, scanner_.position());
}

// RULES 7, for the start tag at hand. A prefix bound on the stanza's own start tag counts as bound outside,
// since that tag is written anew.
bool Framer::is_self_contained(std::uint32_t depth, std::size_t outer_bindings) const {
  const auto bound_inside = [&](const QName& name) {
    if (name.prefix_size == 0 || name.prefix() == "xml" || name.prefix() == "xmlns") return true;
    const Namespaces::Binding* binding = namespaces_.find(name.prefix());
    return binding != nullptr && binding->depth > 1;
  };
  if (!bound_inside(scanner_.name())) return false;
  for (const RawAttribute& attribute : scanner_.attributes()) {
    if (!bound_inside(attribute.qname())) return false;
  }
  const auto& bindings = namespaces_.bindings();
  return depth == 1 ||
         std::none_of(bindings.begin() + static_cast<std::ptrdiff_t>(outer_bindings), bindings.end(),
                      [](const auto& binding) { return is_content_namespace(binding.ns); });
}

std::optional<Event> Framer::on_end_tag(std::string_view bytes) {
  if (open_.empty()) {
    if (phase_ != Phase::between || scanner_.name().full != stream_name_) {
      return fail(not_well_formed, "an end tag without its start tag");
    }
    return on_stream_end();
  }
  if (scanner_.name().full != open_.back().name) {
    return fail(not_well_formed, "an end tag that does not match its start tag");
  }
  return close_element(bytes, scanner_.token_begin());
}

std::optional<Event> Framer::close_element(std::string_view bytes, std::size_t content_end) {
  namespaces_.truncate(open_.back().outer_bindings);
  open_.pop_back();
  if (open_.size() == 1) children_.back().end = static_cast<std::uint32_t>(scanner_.position());
  if (!open_.empty()) return std::nullopt;
  frame_.bytes = bytes.substr(0, scanner_.position());
  frame_.content_end = static_cast<std::uint32_t>(content_end);
  frame_.attributes = &attributes_;
  frame_.children = &children_;
  phase_ = Phase::between;
  unit_complete_ = true;
  return Event::element;
}

// --- the stream ---

// XML 1.0 §2.8: version, then perhaps encoding, then perhaps standalone.
Event Framer::on_declaration() {
  constexpr std::string_view kDigits = "0123456789";
  constexpr std::string_view kUtf8 = "utf-8";
  const auto& parts = scanner_.attributes();
  std::size_t i = 0;
  const auto take = [&](std::string_view name) {
    return i < parts.size() && parts[i].name == name ? &parts[i++] : nullptr;
  };

  const RawAttribute* version = take("version");
  const RawAttribute* encoding = take("encoding");
  const RawAttribute* standalone = take("standalone");
  const bool version_ok = version != nullptr && version->raw_value.starts_with("1.") &&
                          version->raw_value.size() > 2 &&
                          version->raw_value.find_first_not_of(kDigits, 2) == std::string_view::npos;
  const bool standalone_ok =
      standalone == nullptr || standalone->raw_value == "yes" || standalone->raw_value == "no";
  if (!version_ok || !standalone_ok || i != parts.size())
    return fail(not_well_formed, "a broken XML declaration");
  const auto same_letter = [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a - 'A' + 'a' : a) == b; };
  if (encoding != nullptr && !std::ranges::equal(encoding->raw_value, kUtf8, same_letter)) {
    return fail(unsupported_encoding, "the encoding must be UTF-8");
  }
  unit_complete_ = true;
  return Event::need_more;
}

Event Framer::on_stream_header() {
  std::string_view ns;
  if (!resolve_names(0, ns)) return Event::error;
  const QName& name = scanner_.name();
  stream_name_ = name.full;

  // The declarations outlive the header's bytes. Reserved, so that views of the strings stay good.
  stream_namespaces_.reserve(namespaces_.size());
  for (const auto& binding : namespaces_.bindings())
    stream_namespaces_.emplace_back(binding.prefix, binding.ns);
  namespaces_.truncate(0);
  for (const auto& [prefix, value] : stream_namespaces_) namespaces_.bind(prefix, value, 0);

  const auto bound_to = [&](std::string_view prefix) {
    const auto* binding = namespaces_.find(prefix);
    return binding == nullptr ? std::string_view() : binding->ns;
  };
  stream_open_ = {.name = name.local(),
                  .ns = bound_to(name.prefix()),
                  .default_ns = bound_to({}),
                  .attributes = &scanner_.attributes()};
  phase_ = scanner_.empty_element() ? Phase::closing : Phase::between;
  unit_complete_ = true;
  return Event::stream_open;
}

Event Framer::on_stream_end() {
  phase_ = Phase::closed;
  unit_complete_ = true;
  return Event::stream_close;
}

// --- what is kept ---

// Keeps `held`, the unit so far, and `more` behind it in a buffer of our own.
void Framer::hold(std::string_view held, std::string_view more) {
  if (held.data() == held_.data() && held_.capacity() - held.size() >= more.size()) {
    held_.insert(held_.end(), more.begin(), more.end());
    return;
  }
  std::vector<char> grown;
  grown.reserve(std::max(held.size() + more.size(), 2 * held_.size()));
  grown.insert(grown.end(), held.begin(), held.end());
  grown.insert(grown.end(), more.begin(), more.end());

  const Relocation move{.from = held, .to = grown.data()};
  scanner_.relocate(move);
  namespaces_.relocate(move);
  move.apply(frame_.name);
  move.apply(frame_.ns);
  for (OpenElement& element : open_) move.apply(element.name);
  for (ChildHead& child : children_) {
    move.apply(child.name);
    move.apply(child.ns);
  }
  for (RawAttribute& attribute : attributes_) {
    move.apply(attribute.name);
    move.apply(attribute.raw_value);
  }
  held_ = std::move(grown);
}

void Framer::forget_unit() {
  unit_complete_ = false;
  release(held_);
  elements_ = 0;
  scanner_.restart(false);
  namespaces_.recycle(false);
  recycle(scanner_.attributes());
  recycle(open_);
  recycle(attributes_);
  recycle(children_);
}

Event Framer::fail(StreamCondition condition, std::string_view text) {
  error_ = {.condition = condition, .text = std::string(text)};
  phase_ = Phase::failed;
  unit_complete_ = false;
  release(held_);
  return Event::error;
}

}  // namespace vestnik::xml
