#include <doctest/doctest.h>

#include "proto/s2s/dialback_key.h"

namespace vestnik::s2s {

TEST_CASE("dialback key: the example of XEP-0185") {
  const auto key = dialback_key("s3cr3tf0rd14lb4ck", "xmpp.example.com", "example.org", "D60000229F");
  CHECK(key == "37c69b1cf07a3f67c04a5ef5902fa5114f2c76fe4a2686482ba5b89323075643");
  CHECK(is_dialback_key(key, "s3cr3tf0rd14lb4ck", "xmpp.example.com", "example.org", "D60000229F"));
}

TEST_CASE("dialback key: every part counts, and none can borrow from its neighbour") {
  const auto key = dialback_key("secret", "example.info", "rm.example.org", "id");
  CHECK_FALSE(is_dialback_key(key, "secret", "example.in", "form.example.org", "id"));
  CHECK_FALSE(is_dialback_key(key, "secret", "example.info", "rm.example.org", "id2"));
  CHECK_FALSE(is_dialback_key(key, "secret", "rm.example.org", "example.info", "id"));
  CHECK_FALSE(is_dialback_key(key, "other", "example.info", "rm.example.org", "id"));
  CHECK_FALSE(is_dialback_key("", "secret", "example.info", "rm.example.org", "id"));
}

}  // namespace vestnik::s2s
