#include "proto/sasl/identity.h"

#include <doctest/doctest.h>

#include <vector>

namespace vestnik::sasl {
namespace {

FirstMessage named(std::string authcid, std::string authzid) {
  return {.mechanism = Mechanism::plain, .authcid = std::move(authcid), .authzid = std::move(authzid)};
}

TEST_CASE("identity: a name is an account of the host, an authorization identity must be the same") {
  constexpr std::string_view kAccepted[][3] = {
      {"juliet", "", "juliet@example.org"},
      {"Juliet", "", "juliet@example.org"},
      {"juliet", "juliet@example.org", "juliet@example.org"},
      {"JULIET", "Juliet@EXAMPLE.org.", "juliet@example.org"},
      {"J\xc3\x9cRGEN", "ju\xcc\x88rgen@example.org", "j\xc3\xbcrgen@example.org"},
  };
  for (const auto& [authcid, authzid, expected] : kAccepted) {
    CAPTURE(authzid);
    const auto account = account_of(named(std::string(authcid), std::string(authzid)), "example.org");
    REQUIRE(account);
    CHECK(account->full() == expected);
  }
  for (const std::string_view authzid : {"romeo@example.org", "juliet@example.com", "juliet", "example.org",
                                         "juliet@example.org/balcony", "@example.org", "juliet@", "\xff"}) {
    CAPTURE(authzid);
    const auto refused = account_of(named("juliet", std::string(authzid)), "example.org");
    REQUIRE_FALSE(refused);
    CHECK(refused.error().condition == FailureCondition::invalid_authzid);
  }
}

TEST_CASE("identity: a name nobody can have is answered as a wrong password is") {
  for (const std::string_view name :
       {"", "juliet@example.org", "a b", "\xff", "\xc2\xad", "a/b", "\xef\xbb\xbf"}) {
    CAPTURE(name);
    const auto refused = account_of(named(std::string(name), ""), "example.org");
    REQUIRE_FALSE(refused);
    CHECK(refused.error() == bad_credentials());
  }
}

TEST_CASE("identity: EXTERNAL chooses among the addresses of the certificate") {
  const Jid juliet = *Jid::parse("juliet@example.org");
  const Jid romeo = *Jid::parse("romeo@example.org");
  const Jid server = *Jid::parse("example.com");
  struct Row {
    std::string_view authzid;
    std::vector<Jid> candidates;
    std::optional<Jid> chosen;
    FailureCondition condition = FailureCondition::invalid_authzid;
  };
  const Row rows[] = {
      {"", {juliet}, juliet},
      {"Juliet@Example.org", {juliet, romeo}, juliet},
      {"romeo@example.org", {juliet, romeo}, romeo},
      {"", {juliet, romeo}, std::nullopt},
      {"romeo@example.org", {juliet}, std::nullopt},
      {"romeo", {romeo}, std::nullopt},
      {"romeo@example.org/orchard", {romeo}, std::nullopt},
      {"", {}, std::nullopt, FailureCondition::not_authorized},
      {"romeo@example.org", {}, std::nullopt, FailureCondition::not_authorized},
      {"", {server}, server},
      {"example.com", {server}, server},
      {"example.net", {server}, std::nullopt},
  };
  for (const auto& [authzid, candidates, chosen, condition] : rows) {
    CAPTURE(authzid);
    const FirstMessage first{.mechanism = Mechanism::external, .authzid = std::string(authzid)};
    const auto identity = certificate_identity(first, candidates);
    REQUIRE(identity.has_value() == chosen.has_value());
    if (chosen) CHECK(*identity == *chosen);
    if (!chosen) CHECK(to_string(identity.error().condition) == to_string(condition));
  }
}

}  // namespace
}  // namespace vestnik::sasl
