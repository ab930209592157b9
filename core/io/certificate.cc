#include "core/io/certificate.h"

#include <openssl/objects.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string_view>

namespace vestnik {
namespace {

constexpr const char* kXmppAddr = "1.3.6.1.5.5.7.8.5";
constexpr const char* kDnsSrv = "1.3.6.1.5.5.7.8.7";  // RFC 4985

struct NamesDeleter {
  void operator()(GENERAL_NAMES* names) const { GENERAL_NAMES_free(names); }
};
using Names = std::unique_ptr<GENERAL_NAMES, NamesDeleter>;

Names alternative_names(X509* certificate) {
  return Names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
}

std::string text_of(const ASN1_STRING* value) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(value)),
          static_cast<std::size_t>(ASN1_STRING_length(value))};
}

// Adds what an otherName of the type `oid` says, if it is one and its value has the ASN.1 type `tag`.
void add_other_name(const GENERAL_NAME& name, const char* oid, int tag, std::vector<std::string>& out) {
  if (name.type != GEN_OTHERNAME) return;
  std::array<char, 64> written{};
  OBJ_obj2txt(written.data(), written.size(), name.d.otherName->type_id, 1);
  const ASN1_TYPE* value = name.d.otherName->value;
  if (std::string_view(written.data()) != oid || value->type != tag) return;
  out.push_back(text_of(value->value.asn1_string));
}

}  // namespace

std::vector<std::string> certificate_xmpp_addresses(X509* certificate) {
  std::vector<std::string> addresses;
  const Names names = alternative_names(certificate);
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    add_other_name(*sk_GENERAL_NAME_value(names.get(), i), kXmppAddr, V_ASN1_UTF8STRING, addresses);
  }
  return addresses;
}

s2s::CertificateNames certificate_names(X509* certificate) {
  s2s::CertificateNames found;
  const Names names = alternative_names(certificate);
  const int count = names ? sk_GENERAL_NAME_num(names.get()) : 0;
  for (int i = 0; i < std::min(count, static_cast<int>(s2s::kMaxCertificateNames)); ++i) {
    const GENERAL_NAME& name = *sk_GENERAL_NAME_value(names.get(), i);
    if (name.type == GEN_DNS) found.dns.push_back(text_of(name.d.dNSName));
    if (name.type == GEN_IPADD) found.addresses.push_back(text_of(name.d.iPAddress));
    add_other_name(name, kDnsSrv, V_ASN1_IA5STRING, found.srv);
    add_other_name(name, kXmppAddr, V_ASN1_UTF8STRING, found.xmpp);
  }
  return found;
}

}  // namespace vestnik
