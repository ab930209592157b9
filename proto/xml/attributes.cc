#include "proto/xml/attributes.h"

#include <algorithm>

#include "proto/xml/writer.h"

namespace vestnik::xml {

const RawAttribute* find_attribute(const Frame& frame, std::string_view name) {
  const auto found = std::ranges::find(*frame.attributes, name, &RawAttribute::name);
  return found == frame.attributes->end() ? nullptr : &*found;
}

std::string attribute_of(const Frame& frame, std::string_view name) {
  const RawAttribute* attribute = find_attribute(frame, name);
  return attribute == nullptr ? "" : unescape(attribute->raw_value).value_or("");
}

}  // namespace vestnik::xml
