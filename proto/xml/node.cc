#include "proto/xml/node.h"

#include "proto/xml/ns.h"

namespace vestnik::xml {

std::pair<std::string_view, std::string_view> split_name(std::string_view qualified) {
  const std::size_t colon = qualified.find(':');
  if (colon == std::string_view::npos) return {{}, qualified};
  return {qualified.substr(0, colon), qualified.substr(colon + 1)};
}

const NodeAttribute* find_declaration(const Node& node, std::string_view prefix) {
  constexpr std::string_view kXmlns = "xmlns";
  for (const NodeAttribute* attribute = node.first_attribute(); attribute != nullptr;
       attribute = attribute->next_attribute()) {
    std::string_view name = name_of(*attribute);
    if (!name.starts_with(kXmlns)) continue;
    name.remove_prefix(kXmlns.size());
    if (prefix.empty() ? name.empty() : name.starts_with(':') && name.substr(1) == prefix) return attribute;
  }
  return nullptr;
}

std::string_view resolve_prefix(const Node& node, std::string_view prefix) {
  if (prefix == "xml") return ns::kXml;
  const Node* at = &node;
  for (; at->parent() != nullptr; at = at->parent()) {
    if (const NodeAttribute* declaration = find_declaration(*at, prefix)) return value_of(*declaration);
  }
  const auto& root = static_cast<const TreeRoot&>(*at);
  if (prefix.empty()) return root.default_ns;
  for (const auto& [outer, ns] : root.prefixes) {
    if (outer == prefix) return ns;
  }
  return {};
}

}  // namespace vestnik::xml
