#include "proto/xep/dataform.h"

#include "proto/xml/ns.h"

namespace vestnik {

void write_result_form(xml::Writer& writer, std::string_view form_type, std::span<const FormField> fields) {
  writer.open("x", ns::kDataForms).attr("type", "result");
  writer.open("field").attr("var", "FORM_TYPE").attr("type", "hidden").leaf("value", form_type).close();
  for (const auto& [var, values] : fields) {
    writer.open("field").attr("var", var);
    for (const auto& value : values) writer.leaf("value", value);
    writer.close();
  }
  writer.close();
}

}  // namespace vestnik
