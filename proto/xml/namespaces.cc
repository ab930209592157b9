#include "proto/xml/namespaces.h"

#include "proto/xml/ns.h"
#include "proto/xml/writer.h"

namespace vestnik::xml {
namespace {

// Each name looks through the declarations in scope, so their number is limited; real stanzas have a handful.
constexpr std::size_t kMaxInScope = 128;

constexpr std::string_view kDeclarationName = "xmlns";
constexpr Namespaces::Binding kXmlBinding{.prefix = "xml", .ns = ns::kXml};

bool is_declaration(const RawAttribute& attribute) {
  return attribute.prefix_size == 0 ? attribute.name == kDeclarationName
                                    : attribute.qname().prefix() == kDeclarationName;
}

Fault malformed(std::string_view text) { return {StreamCondition::not_well_formed, text}; }

}  // namespace

bool is_content_namespace(std::string_view name) {
  return name == ns::kClient || name == ns::kServer || name == ns::kComponent;
}

std::optional<Fault> Namespaces::declare(const std::vector<RawAttribute>& attributes, std::uint32_t depth) {
  for (const RawAttribute& attribute : attributes) {
    if (!is_declaration(attribute)) continue;
    std::string_view value = attribute.raw_value;
    if (attribute.has_references) {
      value = values_.emplace_front();
      append_unescaped(values_.front(), attribute.raw_value);
      value = values_.front();
    }
    const auto prefix = attribute.prefix_size == 0 ? std::string_view() : attribute.qname().local();
    if (auto fault = declare(prefix, value, depth)) return fault;
  }
  return std::nullopt;
}

std::optional<Fault> Namespaces::declare(std::string_view prefix, std::string_view ns, std::uint32_t depth) {
  if (ns == ns::kXmlns || prefix == kDeclarationName) return malformed("xmlns cannot be declared");
  if ((prefix == kXmlBinding.prefix) != (ns == ns::kXml)) return malformed("xml cannot be bound otherwise");
  if (!prefix.empty() && ns.empty()) return malformed("a prefix bound to no namespace");
  if (bindings_.size() >= kMaxInScope) {
    return Fault{StreamCondition::policy_violation, "too many namespace declarations in scope"};
  }
  bind(prefix, ns, depth);
  return std::nullopt;
}

const Namespaces::Binding* Namespaces::find(std::string_view prefix) const {
  for (auto binding = bindings_.rbegin(); binding != bindings_.rend(); ++binding) {
    if (binding->prefix == prefix) return &*binding;
  }
  return prefix == kXmlBinding.prefix ? &kXmlBinding : nullptr;
}

std::optional<Fault> Namespaces::check_attributes(const std::vector<RawAttribute>& attributes) const {
  for (auto attribute = attributes.begin(); attribute != attributes.end(); ++attribute) {
    for (auto other = attributes.begin(); other != attribute; ++other) {
      if (other->name == attribute->name) return malformed("an attribute given twice");
    }
    if (attribute->prefix_size == 0 || is_declaration(*attribute)) continue;
    const Binding* binding = find(attribute->qname().prefix());
    if (binding == nullptr) return malformed("an attribute's prefix is not bound");
    for (auto other = attributes.begin(); other != attribute; ++other) {
      if (other->prefix_size == 0 || other->qname().local() != attribute->qname().local()) continue;
      const Binding* others = find(other->qname().prefix());
      if (others != nullptr && others->ns == binding->ns) return malformed("an attribute given twice");
    }
  }
  return std::nullopt;
}

void Namespaces::recycle(bool all) {
  constexpr std::size_t kUsual = 32;
  values_.clear();
  if (all || bindings_.capacity() > kUsual) bindings_.shrink_to_fit();
}

void Namespaces::relocate(const Relocation& move) {
  for (Binding& binding : bindings_) {
    move.apply(binding.prefix);
    move.apply(binding.ns);
  }
}

}  // namespace vestnik::xml
