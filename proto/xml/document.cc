#include "proto/xml/document.h"

#include <algorithm>
#include <limits>

#include "proto/xml/chars.h"
#include "proto/xml/node.h"
#include "proto/xml/reference.h"
#include "proto/xml/scanner.h"

namespace vestnik::xml {
namespace {

// This and the following siblings up to the first element.
const Node* first_element(const Node* node) {
  while (node != nullptr && node->type() != rapidxml::node_element) node = node->next_sibling();
  return node;
}

const NodeAttribute* find_attribute(const Node* node, std::string_view name) {
  const NodeAttribute* at = node == nullptr ? nullptr : node->first_attribute();
  while (at != nullptr && name_of(*at) != name) at = at->next_attribute();
  return at;
}

}  // namespace

// --- Document ---

struct Document::Impl {
  TreeRoot tree;
  Scanner scanner;
  std::string scratch;

  bool build(std::string_view bytes);
  Node* add_element(Node& parent);
  void add_text(Node& parent, RawKind kind);
  std::string_view keep(std::string_view text) {
    // RapidXML takes a size of 0 for "zero-terminated", here and where it makes nodes.
    return text.empty() ? text
                        : std::string_view(tree.allocate_string(text.data(), text.size()), text.size());
  }
  std::string_view value(std::string_view raw, bool has_references, RawKind kind);
};

Document::Document() : impl_(std::make_unique<Impl>()) {
  impl_->scanner.set_max_attributes(std::numeric_limits<std::uint32_t>::max());
}
Document::~Document() = default;
Document::Document(Document&&) noexcept = default;
Document& Document::operator=(Document&&) noexcept = default;

Element Document::parse(std::string_view bytes, std::string_view default_ns,
                        const std::vector<std::pair<std::string, std::string>>* prefixes) {
  clear();
  impl_->tree.default_ns = default_ns;
  if (prefixes != nullptr) {
    impl_->tree.prefixes = *prefixes;
  } else {
    impl_->tree.prefixes.clear();
  }
  if (!impl_->build(bytes)) clear();
  return root();
}

Element Document::root() const { return Element(impl_->tree.first_node()); }

void Document::clear() { impl_->tree.clear(); }

bool Document::Impl::build(std::string_view bytes) {
  bytes = keep(bytes);
  scanner.restart(false);
  Node* open = &tree;
  do {
    switch (scanner.next(bytes)) {
      case Scanner::Token::start_tag: {
        Node* element = add_element(*open);
        if (!scanner.empty_element()) open = element;
        break;
      }
      case Scanner::Token::end_tag:
        if (open == &tree || name_of(*open) != scanner.name().full) return false;
        open = open->parent();
        break;
      case Scanner::Token::text: add_text(*open, RawKind::text); break;
      case Scanner::Token::cdata: add_text(*open, RawKind::cdata); break;
      case Scanner::Token::declaration:
      case Scanner::Token::need_more:
      case Scanner::Token::error: return false;
    }
  } while (open != &tree);
  return tree.first_node()->type() == rapidxml::node_element && scanner.position() == bytes.size();
}

std::string_view Document::Impl::value(std::string_view raw, bool has_references, RawKind kind) {
  if (!has_references) return raw;
  scratch.clear();
  append_value(scratch, raw, kind);
  return keep(scratch);
}

Node* Document::Impl::add_element(Node& parent) {
  Node* element = tree.allocate_node(rapidxml::node_element);
  element->name(scanner.name().full.data(), scanner.name().full.size());
  for (const RawAttribute& raw : scanner.attributes()) {
    const std::string_view text = value(raw.raw_value, raw.has_references, RawKind::attribute);
    NodeAttribute* attribute = tree.allocate_attribute();
    attribute->name(raw.name.data(), raw.name.size());
    attribute->value(text.data(), text.size());
    element->append_attribute(attribute);
  }
  parent.append_node(element);
  return element;
}

void Document::Impl::add_text(Node& parent, RawKind kind) {
  const std::string_view text = value(scanner.text(), scanner.text_has_references(), kind);
  Node* node = tree.allocate_node(rapidxml::node_data);
  node->value(text.data(), text.size());
  parent.append_node(node);
}

// --- Element ---

std::string_view Element::name() const {
  return node_ == nullptr ? std::string_view() : split_name(name_of(*node_)).second;
}

std::string_view Element::ns() const {
  return node_ == nullptr ? std::string_view() : resolve_prefix(*node_, split_name(name_of(*node_)).first);
}

bool Element::is(std::string_view name, std::string_view ns) const {
  return node_ != nullptr && this->name() == name && this->ns() == ns;
}

std::optional<std::string_view> Element::attr(std::string_view name) const {
  const NodeAttribute* attribute = find_attribute(node_, name);
  return attribute == nullptr ? std::nullopt : std::optional(value_of(*attribute));
}

std::string_view Element::attr_or_empty(std::string_view name) const {
  const NodeAttribute* attribute = find_attribute(node_, name);
  return attribute == nullptr ? std::string_view() : value_of(*attribute);
}

std::vector<std::pair<std::string_view, std::string_view>> Element::attributes() const {
  std::vector<std::pair<std::string_view, std::string_view>> all;
  if (node_ == nullptr) return all;
  for (const NodeAttribute* at = node_->first_attribute(); at != nullptr; at = at->next_attribute()) {
    all.emplace_back(name_of(*at), value_of(*at));
  }
  return all;
}

std::string Element::text() const {
  std::string all;
  if (node_ == nullptr) return all;
  for (const Node* node = node_->first_node(); node != nullptr; node = node->next_sibling()) {
    if (node->type() == rapidxml::node_data) all += value_of(*node);
  }
  return all;
}

Element Element::first_child() const {
  return node_ == nullptr ? Element() : Element(first_element(node_->first_node()));
}

Element Element::next() const {
  return node_ == nullptr ? Element() : Element(first_element(node_->next_sibling()));
}

Element Element::child(std::string_view name, std::string_view ns) const {
  for (Element child : children()) {
    if (child.is(name, ns)) return child;
  }
  return {};
}

Element Element::child(std::string_view name) const { return child(name, ns()); }

std::size_t Element::child_count() const {
  std::size_t count = 0;
  for (Element at = first_child(); at; at = at.next()) ++count;
  return count;
}

Element::Range Element::children() const { return Range(first_child()); }

}  // namespace vestnik::xml
