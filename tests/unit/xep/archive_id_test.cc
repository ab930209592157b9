#include "proto/xep/archive_id.h"

#include <doctest/doctest.h>

#include <limits>
#include <set>

namespace vestnik {
namespace {

constexpr std::string_view kAlice = "alice@example.org";
constexpr std::string_view kBob = "bob@example.org";

TEST_CASE("archive ids come back for their archive, and for no other") {
  ArchiveIdCodec codec("secret");
  std::set<std::string> texts;
  for (const std::int64_t id : {std::int64_t{1}, std::int64_t{2}, std::int64_t{1'700'000'000'000'000},
                                std::numeric_limits<std::int64_t>::max()}) {
    const std::string text = codec.encode(kAlice, id);
    CHECK(text.size() == 22);
    CHECK(texts.insert(text).second);
    CHECK(codec.decode(kAlice, text) == id);
    CHECK(codec.decode(kBob, text) == std::nullopt);
    CHECK(codec.encode(kBob, id) != text);
  }
}

TEST_CASE("archive ids are the same for the same secret only") {
  ArchiveIdCodec codec("secret");
  ArchiveIdCodec again("secret");
  ArchiveIdCodec other("another");
  const std::string text = codec.encode(kAlice, 42);
  CHECK(again.encode(kAlice, 42) == text);
  CHECK(again.decode(kAlice, text) == 42);
  CHECK(other.decode(kAlice, text) == std::nullopt);
}

TEST_CASE("texts that nobody gave out are no archive ids") {
  ArchiveIdCodec codec("secret");
  for (const std::string_view text : {"", "x", "AAAAAAAAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAAAAAAAAA", "!!",
                                      "28482-98726-73623", "AAAAAAAAAAAAAAAAAAAAAB"}) {
    CAPTURE(text);
    CHECK(codec.decode(kAlice, text) == std::nullopt);
  }
  std::string altered = codec.encode(kAlice, 42);
  altered[5] = altered[5] == 'A' ? 'B' : 'A';
  CHECK(codec.decode(kAlice, altered) == std::nullopt);
}

}  // namespace
}  // namespace vestnik
