#pragma once
#include <rapidxml/rapidxml.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// RapidXML's nodes as the document and the writer see them. Internal: nobody else includes RapidXML.
namespace vestnik::xml {

using Node = rapidxml::xml_node<char>;
using NodeAttribute = rapidxml::xml_attribute<char>;

/// The root of every tree carries what is bound outside of it.
struct TreeRoot : rapidxml::xml_document<char> {
  std::string default_ns;
  std::vector<std::pair<std::string, std::string>> prefixes;
};

inline std::string_view name_of(const rapidxml::xml_base<char>& base) {
  return {base.name(), base.name_size()};
}
inline std::string_view value_of(const rapidxml::xml_base<char>& base) {
  return {base.value(), base.value_size()};
}

/// The prefix and the local part of a qualified name.
std::pair<std::string_view, std::string_view> split_name(std::string_view qualified);

/// The `xmlns` attribute of `node` itself that declares `prefix` (empty: the default namespace); nullptr if
/// there is none.
const NodeAttribute* find_declaration(const Node& node, std::string_view prefix);

/// What `prefix` means at `node`; empty if it is not bound.
std::string_view resolve_prefix(const Node& node, std::string_view prefix);

}  // namespace vestnik::xml
