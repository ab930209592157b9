#include "proto/sasl/mechanisms.h"

#include <doctest/doctest.h>

#include "proto/sasl/sasl1.h"

namespace vestnik::sasl {
namespace {

using enum ChannelBindingType;

std::string names(const Offer& offer) {
  std::string all;
  for (const Mechanism mechanism : offer.mechanisms()) all.append(to_string(mechanism)).append(" ");
  return all;
}

TEST_CASE("offer: what policy and connection allow, the best first") {
  struct Row {
    std::string_view title;
    OfferPolicy policy;
    std::string_view expected;
  };
  const Row rows[] = {
      {"nothing", {}, ""},
      {"TLS 1.3 with everything",
       {.encrypted = true,
        .scram = true,
        .plain = true,
        .anonymous = true,
        .certificate = true,
        .channel_bindings = {tls_exporter}},
       "EXTERNAL SCRAM-SHA-256-PLUS SCRAM-SHA-1-PLUS SCRAM-SHA-256 SCRAM-SHA-1 PLAIN ANONYMOUS "},
      {"TLS without a usable binding",
       {.encrypted = true, .scram = true, .plain = true},
       "SCRAM-SHA-256 SCRAM-SHA-1 PLAIN "},
      {"in the clear, nothing that needs TLS",
       {.scram = true,
        .plain = true,
        .anonymous = true,
        .certificate = true,
        .channel_bindings = {tls_exporter}},
       "SCRAM-SHA-256 SCRAM-SHA-1 ANONYMOUS "},
      {"another server", {.encrypted = true, .certificate = true}, "EXTERNAL "},
      {"another server without a certificate", {.encrypted = true, .channel_bindings = {tls_exporter}}, ""},
  };
  for (const auto& [title, policy, expected] : rows) {
    CAPTURE(title);
    CHECK(names(Offer(policy)) == expected);
  }
}

TEST_CASE("offer: a mechanism is selected only if it is on offer on this stream, by its exact name") {
  const Offer offer({.encrypted = true, .scram = true});
  CHECK(offer.select("SCRAM-SHA-256") == Mechanism::scram_sha_256);
  for (const std::string_view name : {"PLAIN", "SCRAM-SHA-256-PLUS", "EXTERNAL", "ANONYMOUS", "DIGEST-MD5",
                                      "LOGIN", "scram-sha-256", "SCRAM-SHA-512", "SCRAM-SHA-256 ", ""}) {
    CAPTURE(name);
    const auto refused = offer.select(name);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().condition == FailureCondition::invalid_mechanism);
  }
}

TEST_CASE("offer: bindings are announced if and only if a -PLUS mechanism is (XEP-0440)") {
  const auto announced = [](const OfferPolicy& policy) {
    std::string out;
    xml::Writer writer(out);
    Offer(policy).write_channel_bindings(writer);
    return out;
  };
  CHECK(announced({.encrypted = true, .scram = true, .channel_bindings = {tls_exporter, tls_unique}}) ==
        "<sasl-channel-binding xmlns='urn:xmpp:sasl-cb:0'><channel-binding type='tls-exporter'/>"
        "<channel-binding type='tls-unique'/></sasl-channel-binding>");
  CHECK(announced({.encrypted = true, .scram = true}).empty());
  CHECK(announced({.encrypted = true, .certificate = true, .channel_bindings = {tls_exporter}}).empty());
}

TEST_CASE("mechanisms: hash and binding follow from the name") {
  CHECK(hash_of(Mechanism::scram_sha_256_plus) == HashKind::sha256);
  CHECK(hash_of(Mechanism::scram_sha_1) == HashKind::sha1);
  CHECK(binds_channel(Mechanism::scram_sha_1_plus));
  CHECK_FALSE(binds_channel(Mechanism::scram_sha_256));
  CHECK_FALSE(is_scram(Mechanism::plain));
}

}  // namespace
}  // namespace vestnik::sasl
