#include "server/gateways/mail/registrations.h"

#include <doctest/doctest.h>

#include <string>

#include "tests/unit/config/temp_dir.h"

namespace vestnik::mail {

TEST_CASE("registrations come back from their file") {
  const TempDir folder;
  const std::string file = folder.path() / "registrations";
  Registrations first(file);
  CHECK(first.users().empty());
  first.add("juliet@example.org");
  first.add("romeo@example.org");
  CHECK(first.add_contact("juliet@example.org", "nurse%example.net@mail.localhost"));
  CHECK_FALSE(first.add_contact("tybalt@example.org", "nurse%example.net@mail.localhost"));
  first.remove("romeo@example.org");
  REQUIRE(Registrations::write(file, first.text()));
  const Registrations second(file);
  CHECK(second.users() == first.users());
  CHECK(second.contains("juliet@example.org"));
  CHECK_FALSE(second.contains("romeo@example.org"));
}

TEST_CASE("contacts of a user are bounded") {
  Registrations registrations("/nonexistent/registrations");
  registrations.add("juliet@example.org");
  for (std::size_t n = 0; n < Registrations::kMaxContacts; ++n) {
    REQUIRE(registrations.add_contact("juliet@example.org", "c" + std::to_string(n) + "@mail.localhost"));
  }
  CHECK_FALSE(registrations.add_contact("juliet@example.org", "one-more@mail.localhost"));
  CHECK_FALSE(registrations.remove_contact("romeo@example.org", "c0@mail.localhost"));
  CHECK(registrations.remove_contact("juliet@example.org", "c0@mail.localhost"));
  CHECK_FALSE(registrations.remove_contact("juliet@example.org", "c0@mail.localhost"));
  CHECK(registrations.add_contact("juliet@example.org", "one-more@mail.localhost"));
}

TEST_CASE("a file that cannot be written leaves the old one") {
  CHECK_FALSE(Registrations::write("/nonexistent/registrations", "x"));
}

}  // namespace vestnik::mail
