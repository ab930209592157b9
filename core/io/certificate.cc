#include "core/io/certificate.h"

#include <openssl/objects.h>
#include <openssl/x509v3.h>

#include <memory>

namespace vestnik {
namespace {

constexpr const char* kXmppAddr = "1.3.6.1.5.5.7.8.5";

struct NamesDeleter {
  void operator()(GENERAL_NAMES* names) const { GENERAL_NAMES_free(names); }
};
struct ObjectDeleter {
  void operator()(ASN1_OBJECT* object) const { ASN1_OBJECT_free(object); }
};

}  // namespace

std::vector<std::string> certificate_xmpp_addresses(X509* certificate) {
  std::vector<std::string> addresses;
  const std::unique_ptr<GENERAL_NAMES, NamesDeleter> names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  const std::unique_ptr<ASN1_OBJECT, ObjectDeleter> wanted(OBJ_txt2obj(kXmppAddr, 1));
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type != GEN_OTHERNAME || OBJ_cmp(name->d.otherName->type_id, wanted.get()) != 0) continue;
    const ASN1_TYPE* value = name->d.otherName->value;
    if (value->type != V_ASN1_UTF8STRING) continue;
    const ASN1_STRING* text = value->value.utf8string;
    addresses.emplace_back(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                           static_cast<std::size_t>(ASN1_STRING_length(text)));
  }
  return addresses;
}

}  // namespace vestnik
