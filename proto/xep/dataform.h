#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "proto/xml/writer.h"

namespace vestnik {

/// A field of a data form (XEP-0004 §3.2).
struct FormField {
  std::string_view var;
  std::vector<std::string> values;
};

/// Writes a form of type `result` whose FORM_TYPE (XEP-0068) is `form_type`.
void write_result_form(xml::Writer& writer, std::string_view form_type, std::span<const FormField> fields);

}  // namespace vestnik
