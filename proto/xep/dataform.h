#pragma once
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "proto/base/result.h"
#include "proto/stanza/stanza.h"
#include "proto/xml/document.h"
#include "proto/xml/writer.h"

namespace vestnik {

/// A field of a data form (XEP-0004 §3.2).
struct FormField {
  std::string var;
  std::vector<std::string> values;
};

/// Writes a form of type `result` whose FORM_TYPE (XEP-0068) is `form_type`.
void write_result_form(xml::Writer& writer, std::string_view form_type, std::span<const FormField> fields);

/// One of the values that a field offers (XEP-0004 §3.2): what people read and what programs do.
struct FormOption {
  std::string_view label;
  std::string_view value;
};

/// Writes a form that is to be filled in (XEP-0004 §3.1), field by field.
class FormWriter {
 public:
  /// `writer` outlives this. The form ends with close().
  FormWriter(xml::Writer& writer, std::string_view form_type, std::string_view title,
             std::string_view instructions);

  void hidden(std::string_view var, std::string_view value);
  void text(std::string_view var, std::string_view label, std::string_view value);
  /// Not to be shown: passwords.
  void secret(std::string_view var, std::string_view label, std::string_view value);
  void boolean(std::string_view var, std::string_view label, bool value);
  void choice(std::string_view var, std::string_view label, std::string_view value,
              std::span<const FormOption> options);
  void choices(std::string_view var, std::string_view label, std::span<const std::string_view> values,
               std::span<const FormOption> options);
  void addresses(std::string_view var, std::string_view label, std::span<const std::string> values);
  void close() { writer_.close(); }

 private:
  xml::Writer& field(std::string_view var, std::string_view type, std::string_view label);
  xml::Writer& writer_;
};

/// A form that somebody has filled in (XEP-0004 §3.1).
class SubmittedForm {
 public:
  /// Reads an `<x xmlns='jabber:x:data'>`. Only FORM_TYPE `form_type` is taken, or a form without any field;
  /// all else is a bad request.
  static Result<SubmittedForm, StanzaReject> parse(xml::Element x, std::string_view form_type);

  bool empty() const { return fields_.empty(); }
  /// All but FORM_TYPE, in order.
  const std::vector<FormField>& fields() const { return fields_; }
  /// The values of a field; null: it is not there.
  const std::vector<std::string>* find(std::string_view var) const;
  /// Its first value, "" if there is none; nothing if the field is not there.
  std::optional<std::string_view> text(std::string_view var) const;
  /// `0`, `1`, `true` or `false`; anything else is a bad request.
  Result<std::optional<bool>, StanzaReject> boolean(std::string_view var) const;

 private:
  std::vector<FormField> fields_;
};

}  // namespace vestnik
