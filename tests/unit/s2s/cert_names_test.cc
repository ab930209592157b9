#include <doctest/doctest.h>

#include "proto/s2s/cert_names.h"

namespace vestnik::s2s {

TEST_CASE("certificate names: dNSName") {
  const CertificateNames names{.dns = {"Example.ORG", "xn--e1afmkfd.xn--p1ai"}};
  CHECK(names_domain(names, "example.org"));
  CHECK(names_domain(names, "пример.рф"));
  CHECK_FALSE(names_domain(names, "im.example.org"));
  CHECK_FALSE(names_domain(names, "example.or"));
  CHECK_FALSE(names_domain({.dns = {std::string("example.org\0.evil.example", 24)}}, "example.org"));
  CHECK_FALSE(names_domain({}, "example.org"));
}

TEST_CASE("certificate names: a wildcard is the whole left-most label and stands for one") {
  const CertificateNames star{.dns = {"*.example.org"}};
  CHECK(names_domain(star, "im.example.org"));
  CHECK_FALSE(names_domain(star, "example.org"));
  CHECK_FALSE(names_domain(star, "a.b.example.org"));
  for (const char* pattern :
       {"*.org", "*", "i*.example.org", "*m.example.org", "im.*.org", "*.*.org", "**.example.org"}) {
    CAPTURE(pattern);
    CHECK_FALSE(names_domain({.dns = {pattern}}, "im.example.org"));
    CHECK_FALSE(names_domain({.dns = {pattern}}, "example.org"));
  }
}

TEST_CASE("certificate names: SRVName and xmppAddr") {
  CHECK(names_domain({.srv = {"_xmpp-server.example.org"}}, "example.org"));
  CHECK_FALSE(names_domain({.srv = {"_xmpp-client.example.org"}}, "example.org"));
  CHECK_FALSE(names_domain({.srv = {"example.org"}}, "example.org"));
  CHECK_FALSE(names_domain({.srv = {"_xmpp-server.*.org"}}, "example.org"));
  CHECK_FALSE(names_domain({.srv = {"_xmpp-server."}}, "example.org"));
  CHECK(names_domain({.xmpp = {"ПРИМЕР.рф"}}, "пример.рф"));
  CHECK_FALSE(names_domain({.xmpp = {"juliet@example.org"}}, "example.org"));
}

TEST_CASE("certificate names: an address literal is named by its bytes only") {
  const std::string bytes{"\x7f\0\0\1", 4};
  CHECK(names_domain({.addresses = {bytes}}, "127.0.0.1", bytes));
  CHECK_FALSE(names_domain({.dns = {"127.0.0.1"}}, "127.0.0.1", bytes));
}

}  // namespace vestnik::s2s
