#include "server/gateways/mail/address.h"

#include <doctest/doctest.h>

namespace vestnik::mail {
namespace {

std::string contact(std::string_view address) {
  const auto jid = contact_of(address, "mail.localhost");
  return jid ? std::string(jid->full()) : "none";
}

std::string user(std::string_view address) {
  const auto jid = user_of(address, "mail.localhost");
  return jid ? std::string(jid->full()) : "none";
}

}  // namespace

TEST_CASE("e-mail addresses as contacts, and back") {
  CHECK(contact("mail@example.org") == "mail%example.org@mail.localhost");
  CHECK(contact("o'nurse&co@example.org") == "o\\27nurse\\26co%example.org@mail.localhost");
  for (const std::string_view address : {"mail@example.org", "o'nurse&co@example.org", "a%b@example.org"}) {
    const auto jid = contact_of(address, "mail.localhost");
    REQUIRE(jid);
    CHECK(address_of(*jid) == address);
  }
}

TEST_CASE("what is no e-mail address has no contact") {
  for (const std::string_view text : {"", "@", "a@", "@b", "nobody", "a b@example.org",
                                      "a@b\r\nRCPT TO:<c@d>", "a>@example.org", "a<b@example.org"}) {
    CHECK(contact(text) == "none");
  }
}

TEST_CASE("contacts that stand for no e-mail address") {
  for (const std::string_view text :
       {"mail.localhost", "nobody@mail.localhost", "%example.org@mail.localhost", "a%@mail.localhost",
        "a\\20b%example.org@mail.localhost", "a\\3e%example.org@mail.localhost"}) {
    CHECK(address_of(JidView::of_canonical(text)).empty());
  }
}

TEST_CASE("XMPP users as e-mail addresses, and back") {
  const JidView juliet = JidView::of_canonical("juliet@example.org/balcony");
  CHECK(address_of_user(juliet, "mail.localhost") == "juliet%example.org@mail.localhost");
  CHECK(user("juliet%example.org@mail.localhost") == "juliet@example.org");
  CHECK(user("Juliet%EXAMPLE.org@Mail.localhost") == "juliet@example.org");
  for (const std::string_view text :
       {"juliet@mail.localhost", "juliet%example.org@example.org", "%@mail.localhost",
        "juliet%@mail.localhost", "@mail.localhost", "", "juliet%a b@mail.localhost"}) {
    CHECK(user(text) == "none");
  }
}

}  // namespace vestnik::mail
