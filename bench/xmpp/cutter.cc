#include "bench/xmpp/cutter.h"

#include <utility>

namespace vestnik::bench {
namespace {

constexpr std::size_t kNone = std::string_view::npos;
constexpr std::string_view kSpace = " \t\r\n";

std::size_t after(std::string_view text, std::string_view what, std::size_t from) {
  const auto at = text.find(what, from);
  return at == kNone ? kNone : at + what.size();
}

/// Offset past the markup that begins with the '<' at `begin`, or kNone if its end has not come yet.
std::size_t markup_end(std::string_view text, std::size_t begin) {
  const std::string_view markup = text.substr(begin);
  if (markup.size() < 2) return kNone;
  if (markup[1] == '?') return after(text, "?>", begin);
  if (markup[1] == '!') {
    if (markup.starts_with("<!--")) return after(text, "-->", begin);
    return after(text, "]]>", begin);  // CDATA, the only other thing that a server may write
  }
  char quote = 0;
  for (std::size_t i = begin + 1; i < text.size(); ++i) {
    const char c = text[i];
    if (quote != 0) {
      if (c == quote) quote = 0;
    } else if (c == '>') {
      return i + 1;
    } else if (c == '"' || c == '\'') {
      quote = c;
    }
  }
  return kNone;
}

}  // namespace

std::string_view Element::start_tag() const {
  return bytes_.substr(0, bytes_.empty() ? 0 : markup_end(bytes_, 0));
}

std::string_view Element::name() const {
  if (bytes_.empty()) return {};
  return bytes_.substr(1, bytes_.find_first_of(" \t\r\n/>", 1) - 1);
}

std::string_view Element::attr(std::string_view name) const {
  const std::string_view tag = start_tag();
  for (auto at = tag.find(name); at != kNone; at = tag.find(name, at + 1)) {
    const std::string_view rest = tag.substr(at + name.size());
    if (!kSpace.contains(tag[at - 1]) || rest.size() < 3 || rest[0] != '=') continue;
    return rest.substr(2, rest.find(rest[1], 2) - 2);
  }
  return {};
}

Element Element::find(std::string_view name) const {
  const std::size_t inside = start_tag().size();
  for (auto at = bytes_.find(name, inside); at != kNone; at = bytes_.find(name, at + 1)) {
    const char next = at + name.size() < bytes_.size() ? bytes_[at + name.size()] : '\0';
    if (bytes_[at - 1] == '<' && (kSpace.contains(next) || next == '/' || next == '>')) {
      return Element(bytes_.substr(at - 1));
    }
  }
  return {};
}

std::string_view Element::text() const {
  const std::size_t begin = start_tag().size();
  return bytes_.substr(begin, bytes_.find('<', begin) - begin);
}

Cutter::Event Cutter::next(std::string_view& input) {
  if (std::exchange(done_with_held_, false)) held_ = {};
  if (held_.empty()) {
    const auto begin = input.find('<');
    input.remove_prefix(begin == kNone ? input.size() : begin);
    if (input.empty()) return Event::need_more;
  }
  const std::size_t held_before = held_.size();
  if (held_before != 0) held_.append(input);
  const std::string_view item = held_before != 0 ? std::string_view(held_) : input;
  const auto event = scan(item);
  if (!event) {
    if (held_before == 0) held_ = input;
    input = {};
    return Event::need_more;
  }
  const std::size_t end = std::exchange(scanned_, 0);
  depth_ = 0;
  input.remove_prefix(end - held_before);
  done_with_held_ = held_before != 0;
  if (*event == Event::element) element_ = Element(item.substr(0, end));
  return *event;
}

std::optional<Cutter::Event> Cutter::scan(std::string_view item) {
  while (true) {
    const auto begin = item.find('<', scanned_);
    if (begin == kNone) {
      scanned_ = item.size();
      return std::nullopt;
    }
    const auto end = markup_end(item, begin);
    scanned_ = end == kNone ? begin : end;
    if (end == kNone) return std::nullopt;
    if (const auto event = take_tag(item.substr(begin, end - begin))) return event;
  }
}

std::optional<Cutter::Event> Cutter::take_tag(std::string_view tag) {
  if (tag[1] == '?' || tag[1] == '!') return std::nullopt;
  if (tag[1] == '/') {
    if (depth_ == 0) return Event::stream_close;
    --depth_;
  } else if (!in_stream_) {
    in_stream_ = true;
    element_ = Element(tag);
    return Event::stream_open;
  } else if (tag[tag.size() - 2] != '/') {
    ++depth_;
  }
  return depth_ == 0 ? std::optional(Event::element) : std::nullopt;
}

}  // namespace vestnik::bench
