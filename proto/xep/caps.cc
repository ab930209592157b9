#include "proto/xep/caps.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string_view>
#include <tuple>
#include <vector>

#include "proto/base/base64.h"
#include "proto/base/crypto.h"
#include "proto/xml/ns.h"

namespace vestnik {
namespace {

using Strings = std::vector<std::string>;

// What is hashed is a list of texts, each followed by '<', which none of them can contain unescaped.
void append(std::string& out, std::string_view text) { out.append(text) += '<'; }

// std::string compares bytes as unsigned numbers: the collation i;octet.
Strings sorted(Strings texts) {
  std::ranges::sort(texts);
  return texts;
}

std::string text_of_identities(xml::Element info) {
  // Not sorted as joined texts: '/' is greater than some characters a category may have.
  std::vector<std::tuple<std::string, std::string, std::string, std::string>> identities;
  for (const xml::Element child : info.children()) {
    if (!child.is("identity", ns::kDiscoInfo)) continue;
    identities.emplace_back(child.attr_or_empty("category"), child.attr_or_empty("type"),
                            child.attr_or_empty("xml:lang"), child.attr_or_empty("name"));
  }
  std::ranges::sort(identities);
  std::string text;
  for (const auto& [category, type, lang, name] : identities) {
    append(text, fmt::format("{}/{}/{}/{}", category, type, lang, name));
  }
  return text;
}

std::string text_of_features(xml::Element info) {
  Strings vars;
  for (const xml::Element child : info.children()) {
    if (child.is("feature", ns::kDiscoInfo)) vars.emplace_back(child.attr_or_empty("var"));
  }
  std::string text;
  for (const auto& var : sorted(std::move(vars))) append(text, var);
  return text;
}

// A form's text begins with its FORM_TYPE; empty if it has none.
std::string text_of_form(xml::Element form) {
  std::string type;
  std::map<std::string, Strings> fields;
  for (const xml::Element field : form.children()) {
    if (!field.is("field", ns::kDataForms)) continue;
    const std::string var(field.attr_or_empty("var"));
    if (var == "FORM_TYPE") {
      if (field.attr("type") == "hidden") type = field.child("value").text();
      continue;
    }
    Strings& values = fields[var];
    for (const xml::Element value : field.children()) {
      if (value.is("value", ns::kDataForms)) values.push_back(value.text());
    }
  }
  if (type.empty()) return {};
  std::string text;
  append(text, type);
  for (auto& [var, values] : fields) {
    append(text, var);
    for (const auto& value : sorted(std::move(values))) append(text, value);
  }
  return text;
}

std::string text_of_forms(xml::Element info) {
  Strings forms;
  for (const xml::Element child : info.children()) {
    if (child.is("x", ns::kDataForms)) forms.push_back(text_of_form(child));
  }
  std::string text;
  for (const auto& form : sorted(std::move(forms))) text += form;
  return text;
}

}  // namespace

std::string capability_hash(xml::Element info) {
  return base64_encode(
      digest(HashKind::sha1, text_of_identities(info) + text_of_features(info) + text_of_forms(info)));
}

}  // namespace vestnik
