#include "core/config/document.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <system_error>

#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 1
#include <toml++/toml.h>

namespace vestnik::config {
namespace {

/// Turns toml++'s tree into ours.
class Converter {
 public:
  explicit Converter(const Origin& origin) : origin_(origin) {}

  TableNode table(const toml::table& source) {
    TableNode table;
    for (const auto& [key, value] : source) {
      Node node{.name = std::string(key.str()), .origin = at(key.source()), .content = {}};
      if (convert(value, node)) table.entries.push_back(std::move(node));
    }
    return table;
  }

  Problems take_problems() { return std::move(problems_); }

 private:
  Origin at(const toml::source_region& region) const {
    Origin origin = origin_;
    if (origin.line != 0) origin.line = region.begin.line;
    return origin;
  }

  bool convert(const toml::node& source, Node& node) {
    if (const toml::table* nested = source.as_table()) {
      node.content = table(*nested);
    } else if (const toml::array* array = source.as_array()) {
      return convert_array(*array, node);
    } else if (const auto* text = source.as_string()) {
      node.content = Value(text->get());
    } else if (const auto* integer = source.as_integer()) {
      node.content = Value(integer->get());
    } else if (const auto* flag = source.as_boolean()) {
      node.content = Value(flag->get());
    } else if (const auto* number = source.as_floating_point()) {
      node.content = Value(number->get());
    } else {
      return refuse(node, "dates are not used here");
    }
    return true;
  }

  bool convert_array(const toml::array& source, Node& node) {
    if (!source.empty() && source.is_homogeneous<toml::table>()) {
      ListNode list;
      for (const toml::node& item : source) {
        list.items.push_back({.name = {}, .origin = at(item.source()), .content = table(*item.as_table())});
      }
      node.content = std::move(list);
      return true;
    }
    std::vector<std::string> texts;
    for (const toml::node& item : source) {
      const auto* text = item.as_string();
      if (text == nullptr) return refuse(node, "a list holds texts in quotes");
      texts.push_back(text->get());
    }
    node.content = Value(std::move(texts));
    return true;
  }

  bool refuse(const Node& node, std::string_view reason) {
    problems_.push_back({node.origin, fmt::format("'{}': {}", node.name, reason)});
    return false;
  }

  const Origin& origin_;
  Problems problems_;
};

/// The same table again, for each item of a list but the last.
void merge_into_items(ListNode& list, TableNode&& from, Problems& problems) {
  for (Node& item : list.items) {
    merge(std::get<TableNode>(item.content), TableNode(from), OnDuplicate::override, problems);
  }
}

void merge_node(Node& into, Node&& from, OnDuplicate on_duplicate, Problems& problems) {
  auto* table = std::get_if<TableNode>(&into.content);
  auto* list = std::get_if<ListNode>(&into.content);
  auto* from_table = std::get_if<TableNode>(&from.content);
  auto* from_list = std::get_if<ListNode>(&from.content);
  if (table != nullptr && from_table != nullptr) {
    merge(*table, std::move(*from_table), on_duplicate, problems);
  } else if (list != nullptr && from_table != nullptr && on_duplicate == OnDuplicate::override) {
    merge_into_items(*list, std::move(*from_table), problems);
  } else if (list != nullptr && from_list != nullptr) {
    std::ranges::move(from_list->items, std::back_inserter(list->items));
  } else if (on_duplicate == OnDuplicate::override) {
    into = std::move(from);
  } else {
    problems.push_back({from.origin, fmt::format("'{}' is already set in {}:{}", from.name,
                                                 into.origin.source, into.origin.line)});
  }
}

}  // namespace

std::string Problem::to_string() const {
  if (where.line == 0) return fmt::format("{}: {}", where.source, text);
  return fmt::format("{}:{}: {}", where.source, where.line, text);
}

Node* TableNode::find(std::string_view name) {
  const auto found = std::ranges::find(entries, name, &Node::name);
  return found == entries.end() ? nullptr : &*found;
}

Result<Node, Problems> parse_document(std::string_view text, const Origin& origin) {
  const toml::parse_result parsed = toml::parse(text);
  if (!parsed) {
    Origin where = origin;
    if (where.line != 0) where.line = parsed.error().source().begin.line;
    return Err(Problems{{where, std::string(parsed.error().description())}});
  }
  Converter converter(origin);
  Node root{.name = {}, .origin = origin, .content = converter.table(parsed.table())};
  if (Problems problems = converter.take_problems(); !problems.empty()) return Err(std::move(problems));
  return root;
}

Result<Node, Problems> read_document(const std::filesystem::path& file) {
  Origin origin{.source = file.string(), .line = 1, .dir = std::filesystem::absolute(file).parent_path()};
  std::error_code error;
  // Opening a directory succeeds, reading it gives nothing: without this question it would be an empty file.
  if (std::filesystem::is_directory(file, error)) error = std::make_error_code(std::errc::is_a_directory);
  std::ifstream stream(file);
  if (!stream && !error) error.assign(errno, std::generic_category());
  if (error) {
    origin.line = 0;
    return Err(Problems{{origin, "cannot be read: " + error.message()}});
  }
  const std::string text(std::istreambuf_iterator<char>(stream), {});
  return parse_document(text, origin);
}

void merge(TableNode& into, TableNode&& from, OnDuplicate on_duplicate, Problems& problems) {
  for (Node& node : from.entries) {
    Node* present = into.find(node.name);
    if (present == nullptr) {
      into.entries.push_back(std::move(node));
    } else {
      merge_node(*present, std::move(node), on_duplicate, problems);
    }
  }
}

}  // namespace vestnik::config
