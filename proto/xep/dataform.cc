#include "proto/xep/dataform.h"

#include <algorithm>
#include <utility>

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

FormWriter::FormWriter(xml::Writer& writer, std::string_view form_type, std::string_view title,
                       std::string_view instructions)
    : writer_(writer) {
  writer_.open("x", ns::kDataForms).attr("type", "form").leaf("title", title);
  if (!instructions.empty()) writer_.leaf("instructions", instructions);
  hidden("FORM_TYPE", form_type);
}

xml::Writer& FormWriter::field(std::string_view var, std::string_view type, std::string_view label) {
  return writer_.open("field").attr("var", var).attr("type", type).attr_if("label", label);
}

void FormWriter::hidden(std::string_view var, std::string_view value) {
  field(var, "hidden", {}).leaf("value", value).close();
}

void FormWriter::text(std::string_view var, std::string_view label, std::string_view value) {
  field(var, "text-single", label).leaf("value", value).close();
}

void FormWriter::secret(std::string_view var, std::string_view label, std::string_view value) {
  field(var, "text-private", label).leaf("value", value).close();
}

void FormWriter::boolean(std::string_view var, std::string_view label, bool value) {
  field(var, "boolean", label).leaf("value", value ? "1" : "0").close();
}

void FormWriter::choice(std::string_view var, std::string_view label, std::string_view value,
                        std::span<const FormOption> options) {
  field(var, "list-single", label).leaf("value", value);
  for (const auto& option : options)
    writer_.open("option").attr("label", option.label).leaf("value", option.value).close();
  writer_.close();
}

void FormWriter::choices(std::string_view var, std::string_view label,
                         std::span<const std::string_view> values, std::span<const FormOption> options) {
  field(var, "list-multi", label);
  for (const auto value : values) writer_.leaf("value", value);
  for (const auto& option : options)
    writer_.open("option").attr("label", option.label).leaf("value", option.value).close();
  writer_.close();
}

void FormWriter::addresses(std::string_view var, std::string_view label,
                           std::span<const std::string> values) {
  field(var, "jid-multi", label);
  for (const auto& value : values) writer_.leaf("value", value);
  writer_.close();
}

Result<SubmittedForm, StanzaReject> SubmittedForm::parse(xml::Element x, std::string_view form_type) {
  SubmittedForm form;
  for (const xml::Element child : x.children()) {
    if (!child.is("field", ns::kDataForms)) continue;
    FormField& field = form.fields_.emplace_back(FormField{std::string(child.attr_or_empty("var")), {}});
    for (const xml::Element value : child.children()) {
      if (value.is("value", ns::kDataForms)) field.values.push_back(value.text());
    }
  }
  const auto type = form.text("FORM_TYPE");
  if (type != form_type && !(form.empty() && !type))
    return Err(StanzaReject{StanzaCondition::bad_request, "a form of another type is wanted here"});
  std::erase_if(form.fields_, [](const FormField& field) { return field.var == "FORM_TYPE"; });
  return form;
}

const std::vector<std::string>* SubmittedForm::find(std::string_view var) const {
  const auto found = std::ranges::find(fields_, var, &FormField::var);
  return found == fields_.end() ? nullptr : &found->values;
}

std::optional<std::string_view> SubmittedForm::text(std::string_view var) const {
  const auto* values = find(var);
  if (values == nullptr) return std::nullopt;
  return values->empty() ? std::string_view{} : std::string_view(values->front());
}

Result<std::optional<bool>, StanzaReject> SubmittedForm::boolean(std::string_view var) const {
  const auto value = text(var);
  if (!value) return std::nullopt;
  if (value == "1" || value == "true") return true;
  if (value == "0" || value == "false") return false;
  return Err(StanzaReject{StanzaCondition::bad_request, std::string(var) + " is neither true nor false"});
}

}  // namespace vestnik
