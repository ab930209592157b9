#include "proto/stream/component_handshake.h"

#include <doctest/doctest.h>

namespace vestnik {

TEST_CASE("XEP-0114: the handshake is the SHA-1 of the stream's id and the secret") {
  const std::string made = component_handshake("3BF96D32", "secret");
  CHECK(made == "b09ea9b3b7f586be8a08d0a3dd7466f110aeb136");
  CHECK(is_component_handshake(made, "3BF96D32", "secret"));
  CHECK(is_component_handshake("B09EA9B3B7F586BE8A08D0A3DD7466F110AEB136", "3BF96D32", "secret"));
}

TEST_CASE("XEP-0114: anything else is none") {
  const std::string made = component_handshake("id", "secret");
  CHECK_FALSE(is_component_handshake(made, "id", "other"));
  CHECK_FALSE(is_component_handshake(made, "other", "secret"));
  CHECK_FALSE(is_component_handshake(made + "00", "id", "secret"));
  CHECK_FALSE(is_component_handshake("", "id", "secret"));
  CHECK_FALSE(is_component_handshake("no digest", "id", "secret"));
}

}  // namespace vestnik
