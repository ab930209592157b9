#pragma once
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <memory>
#include <stdexcept>
#include <string>

#include "core/config/config.h"
#include "tests/unit/config/temp_dir.h"

namespace vestnik {

/// Writes NAME.pem, a self-signed certificate for the domain `name`, and NAME.key into `dir`.
inline void write_certificate(const TempDir& dir, const std::string& name) {
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_EC_gen("P-256"), &EVP_PKEY_free);
  const std::unique_ptr<X509, decltype(&X509_free)> certificate(X509_new(), &X509_free);
  X509_set_version(certificate.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -60);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3'600);
  X509_set_pubkey(certificate.get(), key.get());
  X509_NAME* subject = X509_get_subject_name(certificate.get());
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  X509_set_issuer_name(certificate.get(), subject);
  if (X509_sign(certificate.get(), key.get(), EVP_sha256()) == 0) throw std::runtime_error("X509_sign");

  const std::string stem = (dir.path() / name).string();
  const auto open = [](const std::string& file) {
    return std::unique_ptr<BIO, decltype(&BIO_free_all)>(BIO_new_file(file.c_str(), "w"), &BIO_free_all);
  };
  PEM_write_bio_X509(open(stem + ".pem").get(), certificate.get());
  PEM_write_bio_PrivateKey(open(stem + ".key").get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
}

/// A configuration of these hosts, each with a certificate of its own in `dir`.
inline Config config_of_hosts(const TempDir& dir, std::initializer_list<std::string> names) {
  Config config;
  for (const std::string& name : names) {
    write_certificate(dir, name);
    HostConfig& host = config.hosts.emplace_back();
    host.name = name;
    host.certificate = dir.path() / (name + ".pem");
    host.key = dir.path() / (name + ".key");
  }
  return config;
}

}  // namespace vestnik
