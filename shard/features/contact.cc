// XEP-0157: tells whom to write to about a host.
#include "proto/xep/dataform.h"
#include "shard/features/list.h"

namespace vestnik::features {
namespace {

constexpr std::string_view kServerInfo = "http://jabber.org/network/serverinfo";

void add_form(const HostConfig& host, std::string& xml) {
  const ContactAddresses& contacts = host.contacts;
  std::vector<FormField> fields{
      {"abuse-addresses", contacts.abuse},       {"admin-addresses", contacts.admin},
      {"feedback-addresses", contacts.feedback}, {"sales-addresses", contacts.sales},
      {"security-addresses", contacts.security}, {"support-addresses", contacts.support}};
  std::erase_if(fields, [](const FormField& field) { return field.values.empty(); });
  if (fields.empty()) return;
  xml::Writer writer(xml);
  write_result_form(writer, kServerInfo, fields);
}

}  // namespace

Feature make_contact(Shard& /*shard*/) {
  Feature feature{.name = "contact", .xeps = {"XEP-0157"}};
  feature.hooks.host_forms.push_back({0, add_form});
  return feature;
}

}  // namespace vestnik::features
