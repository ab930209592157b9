#include <doctest/doctest.h>
#include <fmt/format.h>

#include <set>

#include "core/config/load.h"
#include "server/admin/command_table.h"
#include "server/admin/protocol.h"

using namespace vestnik;
using namespace vestnik::admin;

namespace {

Config two_hosts() {
  const std::string text =
      "[[host]]\nname = \"example.org\"\n[[host]]\nname = \"пример.рф\"\n[tls]\ncertificate = \"c\"\nkey = "
      "\"k\"\n";
  return config::load_text(text, "/test.toml", {}).value();
}

}  // namespace

TEST_CASE("requests and replies survive their way over the wire, each in one line") {
  const Request request{.command = "user add", .arguments = {{"jid", "a@b"}, {"password", "x\n\"\\ юлия"}}};
  const std::string line = encode(request);
  CHECK(line.find('\n') == line.size() - 1);
  const auto read = decode_request(line);
  REQUIRE(read.has_value());
  CHECK(read->command == request.command);
  CHECK(read->arguments == request.arguments);

  const Reply done = json::object{{"jid", "a@b"}, {"n", 3}};
  CHECK(decode_reply(encode(done)).value() == done.value());
  const Reply refused = decode_reply(encode(Reply(Err(CommandError{"exists", "it\nis there"}))));
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == "exists");
  CHECK(refused.error().text == "it\nis there");
}

TEST_CASE("what is no request is refused, whatever it is") {
  for (const std::string line :
       {"", "x", "[]", "{}", R"({"command":1})", R"({"command":"status","arguments":[]})",
        R"({"command":"status","arguments":{"a":1}})", R"({"command":"status"} x)", "\xff"}) {
    const auto request = decode_request(line);
    REQUIRE_FALSE_MESSAGE(request.has_value(), line);
    CHECK(request.error().code == "bad-request");
  }
  for (const std::string_view line : {"", "{}", R"({"result":1})", R"({"error":{"code":"x"}})"}) {
    CHECK_MESSAGE(decode_reply(line).error().code == "protocol", line);
  }
}

TEST_CASE("arguments are checked and made canonical before a handler sees them") {
  struct Case {
    std::string_view command;
    Arguments arguments;
    std::string_view code;  ///< empty: accepted
  };
  const Case cases[] = {
      {"user del", {{"jid", "JULIET@Example.ORG"}}, ""},
      {"user del", {{"jid", "юлия@ПРИМЕР.рф"}}, ""},
      {"user del", {{"jid", "юлия@xn--e1afmkfd.xn--p1ai"}}, ""},
      {"user del", {{"jid", "@"}}, "jid-malformed"},
      {"user del", {{"jid", "example.org"}}, "jid-malformed"},
      {"user del", {{"jid", "a@example.org/r"}}, "jid-malformed"},
      {"user del", {{"jid", "a@elsewhere.example"}}, "host-unknown"},
      {"user del", {}, "bad-request"},
      {"user del", {{"jid", "a@example.org"}, {"force", "1"}}, "bad-request"},
      {"user add", {{"jid", "a@example.org"}, {"password", ""}}, "bad-request"},
      {"session kick", {{"jid", "a@example.org/r"}}, ""},
      {"user list", {}, ""},
      {"user list", {{"host", "EXAMPLE.org."}}, ""},
      {"user list", {{"host", "other.example"}}, "host-unknown"},
      {"backup", {{"file", "relative.db"}}, "bad-request"},
      {"backup", {{"file", "/b.db"}}, ""},
      {"loglevel", {{"level", "loud"}}, "bad-request"},
      {"loglevel", {{"level", "debug"}}, ""},
  };
  const Config config = two_hosts();
  for (const Case& c : cases) {
    Arguments arguments = c.arguments;
    const auto checked = check_arguments(*find_command(c.command), config, arguments);
    CHECK_MESSAGE((checked ? "" : checked.error().code) == c.code, c.command);
    if (!checked) CHECK_FALSE(checked.error().text.empty());
  }
  Arguments arguments{{"jid", "ЮЛИЯ@xn--e1afmkfd.xn--p1ai"}};
  REQUIRE(check_arguments(*find_command("user del"), config, arguments).has_value());
  CHECK(arguments["jid"] == "юлия@пример.рф");
}

TEST_CASE("commands have unique names, words on them, and their optional arguments last") {
  std::set<std::string_view> names;
  for (const CommandSpec& spec : command_specs()) {
    CHECK_MESSAGE(names.insert(spec.name).second, spec.name);
    CHECK_MESSAGE(spec.doc.ends_with('.'), spec.name);
    bool optional = false;
    for (const ArgumentSpec& argument : spec.arguments) {
      CHECK_MESSAGE((argument.use != ArgumentUse::required || !optional), spec.name);
      optional = optional || argument.use == ArgumentUse::optional;
    }
  }
}

TEST_CASE("a table accepts each command once, knows no others, and misses what is not bound") {
  LogConfig silent;
  silent.level = LogLevel::off;
  Log log(silent);
  CommandTable table(log, [] { return std::make_shared<const Config>(); });
  const Handler handler = [](Arguments) -> Task<Reply> { co_return json::object{}; };
  table.bind("status", handler);
  CHECK_THROWS_AS(table.bind("status", handler), std::logic_error);
  CHECK_THROWS_AS(table.bind("dance", handler), std::logic_error);
  CHECK_THROWS_AS(table.check_complete(), std::logic_error);
}
