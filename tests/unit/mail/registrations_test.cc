#include "server/gateways/mail/registrations.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>

namespace vestnik::mail {
namespace {

struct Folder {
  Folder() { path = ::mkdtemp(path.data()); }
  ~Folder() { std::filesystem::remove_all(path); }
  std::string path = "/tmp/vestnik-mail-XXXXXX";
};

}  // namespace

TEST_CASE("registrations come back from their file") {
  const Folder folder;
  const std::string file = folder.path + "/registrations";
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
  registrations.remove_contact("juliet@example.org", "c0@mail.localhost");
  CHECK(registrations.add_contact("juliet@example.org", "one-more@mail.localhost"));
}

TEST_CASE("a file that cannot be written leaves the old one") {
  CHECK_FALSE(Registrations::write("/nonexistent/registrations", "x"));
}

}  // namespace vestnik::mail
