#pragma once
#include <string>
#include <string_view>

#include "proto/xml/framer.h"

namespace vestnik::xml {

/// The attribute of a frame's own start tag with this unprefixed name, or null.
const RawAttribute* find_attribute(const Frame& frame, std::string_view name);

/// Its value, unescaped; "" if there is none.
std::string attribute_of(const Frame& frame, std::string_view name);

}  // namespace vestnik::xml
