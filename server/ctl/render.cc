#include "server/ctl/render.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <vector>

namespace vestnik::ctl {
namespace {

namespace json = boost::json;
using Row = std::vector<std::string>;

/// A value in one cell or line; control characters, which only a client's address or name could bring, are
/// masked.
std::string plain(const json::value& value) {
  if (value.is_bool()) return value.get_bool() ? "yes" : "no";
  if (value.is_double()) return fmt::format("{:g}", value.get_double());
  if (const json::object* object = value.if_object()) {
    Row parts;
    for (const auto& [name, part] : *object)
      parts.push_back(fmt::format("{}={}", std::string_view(name), plain(part)));
    return fmt::format("{}", fmt::join(parts, " "));
  }
  if (const json::array* array = value.if_array()) {
    Row parts;
    for (const json::value& part : *array) parts.push_back(plain(part));
    return parts.empty() ? "none" : fmt::format("{}", fmt::join(parts, ", "));
  }
  std::string text = value.is_string() ? std::string(value.get_string()) : json::serialize(value);
  std::ranges::replace_if(text, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7f; }, '?');
  return text.empty() ? "-" : text;
}

bool is_table(const json::value& value) {
  const json::array* array = value.if_array();
  return array != nullptr && !array->empty() && array->front().is_object();
}

Row names_of(const json::object& object) {
  Row names;
  for (const auto& [name, value] : object) names.emplace_back(name);
  return names;
}

Row values_of(const json::object& object) {
  Row values;
  for (const auto& [name, value] : object) values.push_back(plain(value));
  return values;
}

std::string table(const json::array& array, std::string_view indent) {
  std::vector<Row> rows{names_of(array.front().get_object())};
  for (const json::value& item : array) rows.push_back(values_of(item.get_object()));
  std::vector<std::size_t> widths(rows.front().size(), 0);
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string text;
  for (const Row& row : rows) {
    std::string line(indent);
    for (std::size_t i = 0; i < row.size(); ++i) line += fmt::format("{:{}}  ", row[i], widths[i]);
    text += line.substr(0, line.find_last_not_of(' ') + 1) + '\n';
  }
  return text;
}

}  // namespace

std::string render(const json::object& result) {
  if (result.size() == 1 && is_table(result.begin()->value()))
    return table(result.begin()->value().get_array(), "");
  std::string text;
  for (const auto& [name, value] : result) {
    const std::string_view label(name);
    text += is_table(value) ? fmt::format("{}:\n{}", label, table(value.get_array(), "  "))
                            : fmt::format("{}: {}\n", label, plain(value));
  }
  return text;
}

}  // namespace vestnik::ctl
