#include "proto/sasl/first_message.h"

#include <doctest/doctest.h>

namespace vestnik::sasl {
namespace {

using namespace std::string_view_literals;
using enum Mechanism;
using enum FailureCondition;

const Offer& bound_offer() {
  static const Offer offer({.encrypted = true,
                            .scram = true,
                            .plain = true,
                            .anonymous = true,
                            .certificate = true,
                            .channel_bindings = {ChannelBindingType::tls_exporter}});
  return offer;
}

const Offer& unbound_offer() {
  static const Offer offer({.scram = true});
  return offer;
}

TEST_CASE("first message: SCRAM") {
  struct Row {
    Mechanism mechanism;
    std::string_view bytes, authcid, authzid;
  };
  constexpr Row kRows[] = {
      {scram_sha_1, "n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL", "user", ""},
      {scram_sha_256, "n,a=user@example.org,n=user,r=1", "user", "user@example.org"},
      {scram_sha_256, "n,a=a=3Db,n==2C=3D=2C,r=1", ",=,", "a=b"},
      {scram_sha_256, "n,,n=j\xc3\xbcrgen,r=!~+-=", "j\xc3\xbcrgen", ""},
      {scram_sha_256, "n,,n=user,r=1,x=later,Y=2", "user", ""},
  };
  for (const auto& [mechanism, bytes, authcid, authzid] : kRows) {
    CAPTURE(bytes);
    const auto first = parse_first_message(mechanism, bytes, bound_offer());
    REQUIRE(first);
    CHECK(first->mechanism == mechanism);
    CHECK(first->authcid == authcid);
    CHECK(first->authzid == authzid);
    CHECK(first->bytes == bytes);
    CHECK_FALSE(first->channel_binding);
  }
}

TEST_CASE("first message: channel binding and its downgrades") {
  const auto bound = parse_first_message(scram_sha_1_plus, "p=tls-exporter,,n=user,r=1", bound_offer());
  REQUIRE(bound);
  CHECK(bound->channel_binding == ChannelBindingType::tls_exporter);
  CHECK(parse_first_message(scram_sha_1, "y,,n=user,r=1", unbound_offer()));

  struct Row {
    Mechanism mechanism;
    std::string_view bytes;
    FailureCondition condition;
  };
  constexpr Row kRefused[] = {
      {scram_sha_1, "y,,n=user,r=1", not_authorized},                  // -PLUS was on offer
      {scram_sha_1, "p=tls-exporter,,n=user,r=1", not_authorized},     // needs -PLUS
      {scram_sha_1_plus, "p=tls-unique,,n=user,r=1", not_authorized},  // not offered here
      {scram_sha_1_plus, "p=tls-server-end-point,,n=user,r=1", not_authorized},
      {scram_sha_1_plus, "p=TLS-EXPORTER,,n=user,r=1", not_authorized},
      {scram_sha_1_plus, "n,,n=user,r=1", malformed_request},
      {scram_sha_1_plus, "y,,n=user,r=1", malformed_request},
      {scram_sha_1_plus, "p=,,n=user,r=1", malformed_request},
  };
  for (const auto& [mechanism, bytes, condition] : kRefused) {
    CAPTURE(bytes);
    const auto refused = parse_first_message(mechanism, bytes, bound_offer());
    REQUIRE_FALSE(refused);
    CHECK(to_string(refused.error().condition) == to_string(condition));
  }
}

TEST_CASE("first message: malformed") {
  struct Row {
    Mechanism mechanism;
    std::string_view bytes;
  };
  constexpr Row kRows[] = {
      {scram_sha_1, ""},
      {scram_sha_1, ","},
      {scram_sha_1, "n"},
      {scram_sha_1, "n,"},
      {scram_sha_1, "n,,"},
      {scram_sha_1, "x,,n=user,r=1"},
      {scram_sha_1, "N,,n=user,r=1"},
      {scram_sha_1, "n=,,n=user,r=1"},
      {scram_sha_1, "n,user,n=user,r=1"},
      {scram_sha_1, "n,a=,n=user,r=1"},
      {scram_sha_1, "n,a=x=2c,n=user,r=1"},
      {scram_sha_1, "n,,r=1"},
      {scram_sha_1, "n,,n=user"},
      {scram_sha_1, "n,,n=,r=1"},
      {scram_sha_1, "n,,n=user,r="},
      {scram_sha_1, "n,,n=us=er,r=1"},
      {scram_sha_1, "n,,n=user=2,r=1"},
      {scram_sha_1, "n,,n=user=00,r=1"},
      {scram_sha_1, "n,,u=user,r=1"},
      {scram_sha_1, "n,,r=1,n=user"},
      {scram_sha_1, "n,,m=must,n=user,r=1"},  // a mandatory extension
      {scram_sha_1, "n,,n=user,r=1 2"},
      {scram_sha_1, "n,,n=user,r=\xc3\xbc"},
      {scram_sha_1, "n,,n=user,r=1,"},
      {scram_sha_1, "n,,n=user,r=1,2=x"},
      {scram_sha_1, "n,,n=user,r=1,xx"},
      {scram_sha_1, "n,,n=us\0er,r=1"sv},
      {scram_sha_1, "n,,n=user,r=1\0"sv},
      {plain, ""},
      {plain, "user"},
      {plain, "\0user"sv},
      {plain, "\0\0secret"sv},
      {plain, "\0user\0"sv},
      {plain, "\0user\0secret\0"sv},
      {plain, "a\0b\0c\0d"sv},
      {external, "romeo@example.org\0"sv},
  };
  for (const auto& [mechanism, bytes] : kRows) {
    CAPTURE(bytes);
    const auto refused = parse_first_message(mechanism, bytes, bound_offer());
    REQUIRE_FALSE(refused);
    CHECK(refused.error().condition == malformed_request);
  }
}

TEST_CASE("first message: PLAIN, EXTERNAL, ANONYMOUS") {
  const auto bare = parse_first_message(plain, "\0user\0p\xc3\xa4ss word"sv, bound_offer());
  REQUIRE(bare);
  CHECK(bare->authcid == "user");
  CHECK(bare->authzid.empty());
  CHECK(bare->password.reveal() == "p\xc3\xa4ss word");
  CHECK(bare->bytes.empty());  // no second copy of the password

  const auto acting = parse_first_message(plain, "user@example.org\0user\0secret"sv, bound_offer());
  REQUIRE(acting);
  CHECK(acting->authzid == "user@example.org");

  CHECK(parse_first_message(external, "", bound_offer())->authzid.empty());
  CHECK(parse_first_message(external, "user@example.org", bound_offer())->authzid == "user@example.org");

  CHECK(parse_first_message(anonymous, "", bound_offer()));
  CHECK(parse_first_message(anonymous, std::string(1'020, 'x'), bound_offer())->authcid.empty());
  CHECK_FALSE(parse_first_message(anonymous, std::string(1'021, 'x'), bound_offer()));
}

}  // namespace
}  // namespace vestnik::sasl
