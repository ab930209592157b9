#include "proto/xml/writer.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "proto/xml/chars.h"
#include "proto/xml/node.h"
#include "proto/xml/reference.h"

namespace vestnik::xml {
namespace {

constexpr std::string_view reference_to(char c) {
  switch (c) {
    case '&': return "&amp;";
    case '<': return "&lt;";
    case '>': return "&gt;";
    case '\'': return "&apos;";
    case '"': return "&quot;";
    case '\t': return "&#9;";
    case '\n': return "&#10;";
    case '\r': return "&#13;";
    default: return {};
  }
}

const char* skip_unescaped(const char* p, const char* end, RawKind kind) {
  return kind == RawKind::attribute ? skip_plain(p, end, '&', '<', '>', '\'', '"')
                                    : skip_plain(p, end, '&', '<', '>');
}

// The size of the legal character beyond ASCII at the front; 0 if there is none.
std::size_t wide_char_size(std::string_view bytes) {
  const DecodedChar c = decode_utf8(bytes);
  return c.status == DecodedChar::Status::ok && is_char(c.code_point) ? c.size : 0;
}

void append_escaped(std::string& out, std::string_view value, RawKind kind) {
  const char* const end = value.data() + value.size();
  const char* pending = value.data();  // from here on nothing is appended yet
  const char* p = pending;
  while ((p = skip_unescaped(p, end, kind)) != end) {
    if (kind == RawKind::text && (*p == '\t' || *p == '\n')) {
      ++p;
    } else if (const std::size_t size = is_ascii(*p) ? 0 : wide_char_size({p, end}); size != 0) {
      p += size;
    } else {
      out.append(pending, p);
      out += reference_to(*p);  // nothing for what XML forbids
      pending = ++p;
    }
  }
  out.append(pending, end);
}

bool is_reserved(std::string_view prefix) { return prefix.empty() || prefix == "xml" || prefix == "xmlns"; }

bool mentions(const Node* node, std::string_view prefix) {
  if (split_name(name_of(*node)).first == prefix) return true;
  const auto* at = node->first_attribute();
  while (at != nullptr && split_name(name_of(*at)).first != prefix) at = at->next_attribute();
  return at != nullptr;
}

// In a copy that begins with `top`, is `prefix` bound at `node`? By a declaration that is copied, or because
// a mention further out has made us declare it there.
bool is_bound_in_copy(const Node* node, const Node* top, std::string_view prefix) {
  for (const Node* at = node;; at = at->parent()) {
    if (find_declaration(*at, prefix) != nullptr || (at != node && mentions(at, prefix))) return true;
    if (at == top) return false;
  }
}

void append_attribute(std::string& out, std::string_view name, std::string_view value) {
  out += ' ';
  out += name;
  out += "='";
  append_escaped(out, value, RawKind::attribute);
  out += '\'';
}

// Declares the prefixes at `node` that are bound outside of the copy, once each.
void declare_outer_prefixes(std::string& out, const Node* node, const Node* top) {
  boost::container::small_vector<std::string_view, 4> declared;
  const auto declare = [&](std::string_view prefix) {
    if (is_reserved(prefix) || is_bound_in_copy(node, top, prefix)) return;
    if (std::ranges::find(declared, prefix) != declared.end()) return;
    declared.push_back(prefix);
    append_attribute(out, std::string("xmlns:").append(prefix), resolve_prefix(*node, prefix));
  };
  declare(split_name(name_of(*node)).first);
  for (const auto* at = node->first_attribute(); at != nullptr; at = at->next_attribute()) {
    declare(split_name(name_of(*at)).first);
  }
}

// The attributes of the element that a copy begins with: its default namespace is the caller's business.
void append_top_attributes(std::string& out, const Node* top) {
  for (const auto* at = top->first_attribute(); at != nullptr; at = at->next_attribute()) {
    if (name_of(*at) != "xmlns") append_attribute(out, name_of(*at), value_of(*at));
  }
  declare_outer_prefixes(out, top, top);
}

// `<name …`, without the end of the tag.
void append_start_tag(std::string& out, const Node* node, const Node* top, std::string_view parent_ns) {
  out += '<';
  out += name_of(*node);
  if (node == top) {
    const std::string_view default_ns = resolve_prefix(*node, {});
    if (default_ns != parent_ns) append_attribute(out, "xmlns", default_ns);
    append_top_attributes(out, top);
    return;
  }
  for (const auto* at = node->first_attribute(); at != nullptr; at = at->next_attribute()) {
    append_attribute(out, name_of(*at), value_of(*at));
  }
  declare_outer_prefixes(out, node, top);
}

void append_end_tag(std::string& out, std::string_view name) {
  out += "</";
  out += name;
  out += '>';
}

}  // namespace

void append_text(std::string& out, std::string_view text) { append_escaped(out, text, RawKind::text); }

void append_attr(std::string& out, std::string_view value) { append_escaped(out, value, RawKind::attribute); }

bool append_unescaped(std::string& out, std::string_view raw) {
  return append_value(out, raw, RawKind::attribute);
}

std::optional<std::string> unescape(std::string_view raw) {
  std::string value;
  if (!append_unescaped(value, raw)) return std::nullopt;
  return value;
}

Writer& Writer::open(std::string_view name, std::string_view ns) {
  finish_start_tag();
  out_ += '<';
  out_ += name;
  open_.push_back(name);
  in_start_tag_ = true;
  return attr_if("xmlns", ns);
}

Writer& Writer::attr(std::string_view name, std::string_view value) {
  append_attribute(out_, name, value);
  return *this;
}

Writer& Writer::attr_if(std::string_view name, std::string_view value) {
  return value.empty() ? *this : attr(name, value);
}

Writer& Writer::attr(std::string_view name, std::uint64_t value) {
  std::array<char, 20> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  return attr(name, std::string_view(digits.data(), end));
}

Writer& Writer::text(std::string_view text) {
  if (text.empty()) return *this;
  finish_start_tag();
  append_text(out_, text);
  return *this;
}

Writer& Writer::close() {
  if (in_start_tag_) {
    out_ += "/>";
    in_start_tag_ = false;
  } else {
    append_end_tag(out_, open_.back());
  }
  open_.pop_back();
  return *this;
}

Writer& Writer::leaf(std::string_view name, std::string_view text, std::string_view ns) {
  return open(name, ns).text(text).close();
}

Writer& Writer::raw(std::string_view xml) {
  if (xml.empty()) return *this;
  finish_start_tag();
  out_ += xml;
  return *this;
}

Writer& Writer::copy(Element element, std::string_view parent_ns) {
  if (!element) return *this;
  finish_start_tag();
  const Node* const top = element.node_;
  // Without recursion: trees can be as deep as a configuration allows.
  for (const Node* node = top;;) {
    if (node->type() == rapidxml::node_element) {
      append_start_tag(out_, node, top, parent_ns);
      if (const Node* inner = node->first_node()) {
        out_ += '>';
        node = inner;
        continue;
      }
      out_ += "/>";
    } else {
      append_text(out_, value_of(*node));
    }
    while (node != top && node->next_sibling() == nullptr) {
      node = node->parent();
      append_end_tag(out_, name_of(*node));
    }
    if (node == top) return *this;
    node = node->next_sibling();
  }
}

Writer& Writer::copy_unprefixed(Element element) {
  finish_start_tag();
  const Node* const node = element.node_;
  const std::string_view name = element.name();
  out_.append("<").append(name);
  append_top_attributes(out_, node);
  if (node->first_node() == nullptr) {
    out_ += "/>";
    return *this;
  }
  out_ += '>';
  for (const Node* inner = node->first_node(); inner != nullptr; inner = inner->next_sibling()) {
    if (inner->type() == rapidxml::node_element)
      copy(Element(inner), element.ns());
    else
      append_text(out_, value_of(*inner));
  }
  append_end_tag(out_, name);
  return *this;
}

void Writer::finish_start_tag() {
  if (!in_start_tag_) return;
  out_ += '>';
  in_start_tag_ = false;
}

}  // namespace vestnik::xml
