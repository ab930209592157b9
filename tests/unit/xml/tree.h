#pragma once
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "proto/xml/document.h"

/// What an element says, written down: `({ns}name [attribute=value]... "text" (child)...)`.
namespace vestnik::xml {

inline std::string describe_element(std::string_view ns, std::string_view name,
                                    std::vector<std::string> attributes, std::string_view text,
                                    std::string_view children) {
  std::ranges::sort(attributes);
  std::string out = fmt::format("({{{}}}{}", ns, name);
  for (const std::string& attribute : attributes) out += attribute;
  return fmt::format("{} \"{}\"{})", out, text, children);
}

inline std::string describe_attribute(std::string_view name, std::string_view value) {
  return fmt::format(" [{}={}]", name, value);
}

inline std::string describe(Element element) {
  std::vector<std::string> attributes;
  for (const auto& [name, value] : element.attributes()) {
    if (name != "xmlns" && !name.starts_with("xmlns:")) attributes.push_back(describe_attribute(name, value));
  }
  std::string children;
  for (const Element child : element.children()) children += describe(child);
  return describe_element(element.ns(), element.name(), std::move(attributes), element.text(), children);
}

}  // namespace vestnik::xml
