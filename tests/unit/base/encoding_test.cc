// base64 and hex: RFC 4648 §10, and what strict decoding has to refuse.
#include <doctest/doctest.h>

#include <utility>

#include "proto/base/base64.h"
#include "proto/base/hex.h"

namespace vestnik {
namespace {

using namespace std::string_view_literals;

TEST_CASE("base64: the vectors of RFC 4648") {
  constexpr std::pair<std::string_view, std::string_view> kVectors[] = {
      {"", ""},
      {"f", "Zg=="},
      {"fo", "Zm8="},
      {"foo", "Zm9v"},
      {"foob", "Zm9vYg=="},
      {"fooba", "Zm9vYmE="},
      {"foobar", "Zm9vYmFy"},
      {"\xfb\xff\x00"sv, "+/8A"},
  };
  for (const auto& [bytes, text] : kVectors) {
    CAPTURE(text);
    CHECK(base64_encode(bytes) == text);
    CHECK(base64_decode(text) == bytes);
  }
}

TEST_CASE("base64: every second spelling is refused") {
  constexpr std::string_view kRefused[] = {"=",    "Zg",       "Zg=",  "Zg===", "Zg====",  "Zm9v====",
                                           "====", "Z===",     "Zh==", "Zm9=",  "Zm9v\n",  " Zm9v",
                                           "Zm 9", "Zg==Zg==", "Z=g=", "-_8A",  "Zm9\0"sv, "Zm9\xc3"};
  for (const std::string_view text : kRefused) {
    CAPTURE(text);
    CHECK_FALSE(base64_decode(text));
  }
}

TEST_CASE("base64url has no padding and its own two digits") {
  CHECK(base64url_encode("\xfb\xff\x00"sv) == "-_8A");
  CHECK(base64url_encode("f") == "Zg");
  CHECK(base64url_decode("Zg") == "f");
  CHECK(base64url_decode("-_8A") == "\xfb\xff\x00"sv);
  for (const auto text : {"Zg==", "Zh", "Z", "+/8A"}) CHECK_FALSE(base64url_decode(text));
}

TEST_CASE("hex") {
  CHECK(hex_encode("\x00\x1f\xab\xff"sv) == "001fabff");
  CHECK(hex_decode("001fABff") == "\x00\x1f\xab\xff"sv);
  CHECK(hex_decode("") == "");
  for (const auto text : {"0", "0g", "x0", "0x12", " 12", "1 "}) CHECK_FALSE(hex_decode(text));
}

}  // namespace
}  // namespace vestnik
