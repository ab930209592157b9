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

constexpr std::string_view kNotify = "+notify";
constexpr std::size_t kSha1Base64 = 28;

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

bool is_doubled(Strings texts) {
  std::ranges::sort(texts);
  return std::ranges::adjacent_find(texts) != texts.end();
}

// The types that a form says it is of; empty if it does not count.
Strings types_of(xml::Element form) {
  Strings types;
  for (const xml::Element field : form.children()) {
    if (field.attr_or_empty("var") != "FORM_TYPE" || field.attr("type") != "hidden") continue;
    for (const xml::Element value : field.children()) types.push_back(value.text());
  }
  std::ranges::sort(types);
  types.erase(std::ranges::unique(types).begin(), types.end());
  return types;
}

// §5.4, items 3.3 to 3.5: doubled identities, features or forms of one type, or a form with several types.
// And what has the sign that ends a text in the hashed one could pass as something else.
bool is_ill_formed(xml::Element info) {
  Strings identities, features, forms;
  for (const xml::Element child : info.children()) {
    if (child.is("identity", ns::kDiscoInfo)) {
      identities.push_back(fmt::format("{}/{}/{}/{}", child.attr_or_empty("category"),
                                       child.attr_or_empty("type"), child.attr_or_empty("xml:lang"),
                                       child.attr_or_empty("name")));
    } else if (child.is("feature", ns::kDiscoInfo)) {
      features.emplace_back(child.attr_or_empty("var"));
    } else if (child.is("x", ns::kDataForms)) {
      Strings types = types_of(child);
      if (types.size() > 1) return true;
      if (!types.empty()) forms.push_back(std::move(types.front()));
    }
  }
  const auto has_separator = [](const std::string& text) { return text.contains('<'); };
  if (std::ranges::any_of(identities, has_separator) || std::ranges::any_of(features, has_separator))
    return true;
  return is_doubled(std::move(identities)) || is_doubled(std::move(features)) || is_doubled(std::move(forms));
}

}  // namespace

std::string capability_hash(xml::Element info) {
  return base64_encode(
      digest(HashKind::sha1, text_of_identities(info) + text_of_features(info) + text_of_forms(info)));
}

std::optional<CapsClaim> read_caps(xml::Element presence) {
  const xml::Element c = presence.child("c", ns::kCaps);
  if (!c || c.attr_or_empty("hash") != "sha-1") return std::nullopt;
  CapsClaim claim{.node = std::string(c.attr_or_empty("node")), .ver = std::string(c.attr_or_empty("ver"))};
  if (claim.ver.size() != kSha1Base64 || claim.node.empty()) return std::nullopt;
  return claim;
}

bool verifies(const CapsClaim& claim, xml::Element info) {
  return !is_ill_formed(info) && capability_hash(info) == claim.ver;
}

std::vector<std::string> wanted_nodes(xml::Element info) {
  std::vector<std::string> nodes;
  for (const xml::Element child : info.children()) {
    const std::string_view var = child.attr_or_empty("var");
    if (!child.is("feature", ns::kDiscoInfo) || !var.ends_with(kNotify) || var == kNotify) continue;
    nodes.emplace_back(var.substr(0, var.size() - kNotify.size()));
  }
  std::ranges::sort(nodes);
  return nodes;
}

}  // namespace vestnik
