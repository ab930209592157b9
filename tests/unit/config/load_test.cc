#include "core/config/load.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdlib>

#include "core/config/print.h"
#include "tests/unit/config/temp_dir.h"

using namespace vestnik;
using config::Sources;

namespace {

constexpr std::string_view kHost =
    "[[host]]\nname = \"example.org\"\n[tls]\ncertificate = \"c\"\nkey = \"k\"\n";

const std::vector<FeatureSpec> kFeatures{
    {.name = "mam",
     .doc = "Archive.",
     .options =
         {{.name = "retention", .initial = milliseconds(0), .doc = "Age.", .max = 1'000'000'000},
          {.name = "page", .initial = std::uint32_t{50}, .doc = "Page.", .min = 1, .max = 500},
          {.name = "bytes", .initial = std::uint64_t{4096}, .doc = "Size.", .min = 1024},
          {.name = "mode", .initial = std::string("always"), .doc = "Mode.", .choices = {"always", "never"}},
          {.name = "rooms", .initial = true, .doc = "Rooms."},
          {.name = "skip", .initial = std::vector<std::string>{}, .doc = "Skip."}}},
    {.name = "ping", .doc = "Ping.", .enabled = false},
};

Result<Config, config::Problems> load(std::string_view text, std::vector<std::string> overrides = {}) {
  return config::load_text(text, "test.toml", {.overrides = overrides, .features = kFeatures});
}

/// All problems as one text; empty when there are none.
std::string problems(std::string_view text, std::vector<std::string> overrides = {}) {
  const auto loaded = load(text, std::move(overrides));
  std::string lines;
  if (!loaded) {
    for (const config::Problem& problem : loaded.error()) lines += problem.to_string() + "\n";
  }
  return lines;
}

/// The valid minimum, then `text`.
std::string with_host(std::string_view text) { return fmt::format("{}{}", kHost, text); }

}  // namespace

TEST_CASE("a file with one host and a certificate is enough, the rest are the documented defaults") {
  const auto loaded = load(kHost);
  REQUIRE(loaded.has_value());
  CHECK(loaded->hosts.at(0).name == "example.org");
  CHECK(loaded->c2s.starttls_port == 5222);
  CHECK(loaded->c2s.direct_tls_port == 5223);
  CHECK(loaded->c2s.tls_required);
  CHECK(loaded->c2s.max_resources == 10);
  CHECK(loaded->c2s.resource_conflict == ResourceConflict::replace);
  CHECK(loaded->limits.c2s_xml.element_bytes == 256 * 1024);
  CHECK(loaded->limits.s2s_xml.element_bytes == 512 * 1024);
  CHECK(loaded->limits.sasl_attempts == 3);
  CHECK(loaded->limits.roster_items == 1'000);
  CHECK(loaded->limits.trusted.empty());
  CHECK_FALSE(loaded->hosts.at(0).registration);
  CHECK(loaded->storage.durability == Durability::commit);
  CHECK(loaded->storage.path == "/var/lib/vestnik/vestnik.db");
  CHECK(loaded->feature_enabled("mam"));
  CHECK_FALSE(loaded->feature_enabled("ping"));
  CHECK(loaded->features.at("mam").get<std::uint32_t>("page") == 50);
}

TEST_CASE("problems name file, line, key and what would be right") {
  struct Case {
    std::string_view text;
    std::string_view problem;
  };
  const Case cases[] = {
      {"[c2s]\nprot = 1", "test.toml:7: unknown key 'c2s.prot'"},
      {"[component]\nname = \"a.example\"", "write each component as a table [[component]]"},
      {"[[component]]\nname = \"a.example\"", "test.toml:6: this [[component]] has no secret"},
      {"[[component]]\nsecret = \"s\"", "this [[component]] has no name"},
      {"[[component]]\nsekret = \"s\"", "; did you mean 'component.secret'?"},
      {"[[component]]\nname = \"example.org\"\nsecret = \"s\"",
       "example.org cannot be a host and a component"},
      {"[[component]]\nname = \"a.b\"\nsecret = \"s\"\n[[component]]\nname = \"a.b\"\nsecret = \"t\"",
       "the component a.b is there twice"},
      {"[[component]]\nname = \"a.b\"\nsecret = \"s\"\nroster = \"all\"",
       "'component.roster': \"all\" is not one of"},
      {"[[component]]\nname = \"a.b\"\nsecret = \"s\"\nrequests = [\"urn:x\"]",
       "\"urn:x\": write a namespace and get, set or both"},
      {"[[component]]\nname = \"a.b\"\nsecret = \"s\"\ndelegated = [\"urn:x a\", \"urn:x\"]",
       "component a.b: urn:x is delegated twice"},
      {"[[component]]\nname = \"a.b\"\nsecret = \"s\"\n[components]\nport = 5222", "port 5222 is used twice"},
      {"[c2s]\nstartls_port = 1", "; did you mean 'c2s.starttls_port'?"},
      {"[limit]\nroster_items = 1", "test.toml:6: unknown table 'limit'; did you mean 'limits'?"},
      {"[limits]\nroster_item = 1", "; did you mean 'limits.roster_items'?"},
      {"[entirely_different]\nx = 1", "unknown table 'entirely_different'\n"},
      {"[features.mamm]\n", "unknown feature 'features.mamm'; did you mean 'features.mam'?"},
      {"[features.mam]\npages = 3", "; did you mean 'features.mam.page'?"},
      {"[c2s]\nstarttls_port = 65536", "test.toml:7: 'c2s.starttls_port': 65536 is not between 0 and 65535"},
      {"[c2s]\nstarttls_port = -1", "-1 is not between 0 and 65535"},
      {"[c2s]\nstarttls_port = \"5222\"", "'c2s.starttls_port': expected a whole number"},
      {"[c2s]\nstarttls_port = 1.5", "expected a whole number"},
      {"[c2s]\ntls_required = 1", "'c2s.tls_required': expected true or false"},
      {"[c2s]\nidle_timeout = \"30\"", "\"30\" is no duration"},
      {"[c2s]\nidle_timeout = 30", "expected a duration, like \"30s\""},
      {"[c2s]\nidle_timeout = \"25h\"", "25h is not between 5s and 1d"},
      {"[c2s]\nresource_conflict = \"maybe\"", "\"maybe\" is not one of \"replace\", \"reject\""},
      {"[c2s]\nlisten = \"::\"", "expected a list"},
      {"[c2s]\nlisten = [\"localhost\"]", "\"localhost\" is no IPv4 or IPv6 address"},
      {"[c2s]\nlisten = [1]", "'listen': a list holds texts in quotes"},
      {"[limits]\nc2s_stanza_bytes = \"1KiB\"", "1KiB is not between 10000 and 64MiB"},
      {"[limits]\nc2s_stanza_bytes = \"256KB\"", "\"256KB\" is no size"},
      {"[limits]\ntrusted = [\"10.0.0.0/33\"]", "\"10.0.0.0/33\" is no address block"},
      {"[limits]\nmailbox_soft = \"8MiB\"", "mailbox_low, mailbox_soft and mailbox_hard must grow"},
      {"[features.mam]\npage = 501", "501 is not between 1 and 500"},
      {"[features.mam]\nmode = \"roster\"", "\"roster\" is not one of \"always\", \"never\""},
      {"[[host]]\nadmins = []", "test.toml:6: this [[host]] has no name"},
      {"[[host]]\nname = \"EXAMPLE.org\"", "the host example.org is there twice"},
      {"[[host]]\nname = \"a..b\"", "\"a..b\" is no domain"},
      {"[[host]]\nname = \"b.example\"\nadmins = [\"b.example\"]", "\"b.example\" is no account"},
      {"[[host]]\nname = \"b.example\"\nkey = \"k\"", "certificate and key belong together"},
      {"[[host]]\nname = \"b.example\"\n[[host.group]]\nnam = \"x\"", "did you mean 'host.group.name'?"},
      {"[[host]]\nname = \"b.example\"\n[[host.group]]\nname = \"x\"", "the group \"x\" has no members"},
      {"[[host]]\nname = \"b.example\"\ncontact_abuse = [\"me\"]", "\"me\" is no URI"},
      {"[s2s]\nstarttls_port = 5222", "port 5222 is used twice"},
      {"[log]\nlevel = { file = \"/nonexistent\" }", "the file /nonexistent cannot be read"},
      {"[log]\nlevel = { env = \"VESTNIK_NOT_SET\" }", "the environment has no VESTNIK_NOT_SET"},
      {"[log]\nlevel = { url = \"x\" }", "write a value, { file"},
      {"[log]\nlevel = 2020-01-01", "dates are not used here"},
      {"[[c2s]]\n", "'c2s': write it as a table [c2s]"},
      {"[log]\n[log]\n", "test.toml:7: "},
      {"[log\n", "test.toml:6: "},
  };
  for (const Case& c : cases) {
    const std::string found = problems(with_host(c.text));
    CHECK_MESSAGE(found.find(c.problem) != std::string::npos, c.text, "\n gave: ", found);
  }
  CHECK(problems("[host]\nname = \"x\"")
            .starts_with("test.toml:1: 'host': write each host as a table [[host]]"));
  CHECK(problems("") == "test.toml: there is no [[host]]; name the domain to serve\n");
  CHECK(problems("[[host]]\nname = \"x\"").find("there is no certificate") != std::string::npos);
}

TEST_CASE("all problems are reported, in the order of the file") {
  CHECK(problems(with_host("[log]\nfoo = 1\nlevel = 3\n[bar]\n")) ==
        "test.toml:7: unknown key 'log.foo'\n"
        "test.toml:8: 'log.level': expected a text in quotes\n"
        "test.toml:9: unknown table 'bar'\n");
}

TEST_CASE("overrides win, need no quotes, and reach every host") {
  const std::string text = with_host("[c2s]\nstarttls_port = 1\n[[host]]\nname = \"b.example\"\n");
  const auto loaded =
      load(text, {"c2s.starttls_port=15222", "log.level=debug", "limits.trusted=[\"::1\"]",
                  "limits.c2s_stanza_bytes=64KiB", "host.registration=true", "features.ping.enabled=true"});
  REQUIRE(loaded.has_value());
  CHECK(loaded->c2s.starttls_port == 15222);
  CHECK(loaded->log.level == LogLevel::debug);
  CHECK(loaded->limits.trusted.size() == 1);
  CHECK(loaded->limits.c2s_xml.element_bytes == 65'536);
  CHECK(loaded->hosts.at(0).registration);
  CHECK(loaded->hosts.at(1).registration);
  CHECK(loaded->feature_enabled("ping"));

  CHECK(problems(kHost, {"c2s.prot=1"}).starts_with("--set c2s.prot=1: unknown key 'c2s.prot'"));
  CHECK(problems(kHost, {"c2s.starttls_port"}) == "--set c2s.starttls_port: write it as table.key=value\n");
  CHECK(problems(kHost, {"c2s.starttls_port=x"}).find("expected a whole number") != std::string::npos);
}

TEST_CASE("included files are merged in order of name, and must not disagree") {
  const TempDir dir;
  dir.write("main.toml",
            with_host("[log]\nlevel = \"debug\"\n").insert(0, "include = [\"conf.d/*.toml\"]\n"));
  dir.write("conf.d/20.toml", "[[host]]\nname = \"c.example\"\n");
  dir.write(
      "conf.d/10.toml",
      "[[host]]\nname = \"b.example\"\ncertificate = \"b.pem\"\nkey = \"b.key\"\n[s2s]\nenabled = false\n");
  const auto loaded = config::load(dir.path() / "main.toml", {});
  REQUIRE(loaded.has_value());
  REQUIRE(loaded->hosts.size() == 3);
  CHECK(loaded->hosts[1].name == "b.example");
  CHECK(loaded->hosts[1].certificate == dir.path() / "conf.d/b.pem");
  CHECK(loaded->hosts[2].name == "c.example");
  CHECK_FALSE(loaded->s2s.enabled);

  dir.write("conf.d/30.toml", "include = []\n[log]\nlevel = \"info\"\n");
  const auto refused = config::load(dir.path() / "main.toml", {});
  REQUIRE_FALSE(refused.has_value());
  const std::string file = dir.path() / "conf.d/30.toml";
  REQUIRE(refused.error().size() == 2);
  CHECK(refused.error()[0].to_string() == file + ":1: 'include': an included file cannot include others");
  CHECK(refused.error()[1].to_string().starts_with(file + ":3: 'level' is already set in "));
}

TEST_CASE("relative paths start from the file, values may come from files and the environment") {
  const TempDir dir;
  dir.write("secret.txt", "debug\n");
  dir.write("main.toml",
            with_host("[server]\ndata_dir = \"data\"\npid_file = \"../x.pid\"\n"
                      "[log]\nlevel = { file = \"secret.txt\" }\nfile = { env = \"VESTNIK_TEST_LOG\" }\n"));
  ::setenv("VESTNIK_TEST_LOG", "/tmp/a.log", 1);
  const auto loaded = config::load(dir.path() / "main.toml", {});
  REQUIRE(loaded.has_value());
  CHECK(loaded->server.data_dir == dir.path() / "data");
  CHECK(loaded->server.pid_file == dir.path().parent_path() / "x.pid");
  CHECK(loaded->storage.path == dir.path() / "data/vestnik.db");
  CHECK(loaded->tls.certificate == dir.path() / "c");
  CHECK(loaded->log.level == LogLevel::debug);
  CHECK(loaded->log.file == "/tmp/a.log");
}

TEST_CASE("the storage's path may be a URL of PostgreSQL, and of nothing else") {
  const auto postgresql = load(with_host("[storage]\npath = \"postgresql://u:p@db/chat?x=/y\"\n"));
  REQUIRE(postgresql.has_value());
  CHECK(postgresql->storage.path == "postgresql://u:p@db/chat?x=/y");
  CHECK_FALSE(load(with_host("[storage]\npath = \"mysql://u:p@db/chat\"\n")).has_value());
}

TEST_CASE("a missing file and a folder are named with the reason") {
  const TempDir dir;
  const auto missing = config::load(dir.path() / "none.toml", {});
  REQUIRE_FALSE(missing.has_value());
  CHECK(missing.error()[0].to_string() ==
        (dir.path() / "none.toml").string() + ": cannot be read: No such file or directory");
  const auto folder = config::load(dir.path(), {});
  REQUIRE_FALSE(folder.has_value());
  CHECK(folder.error()[0].text == "cannot be read: Is a directory");
}

TEST_CASE("the first component needs a restart, since nothing listens before") {
  const auto none = load(kHost);
  const auto one = load(with_host("[[component]]\nname = \"a.example\"\nsecret = \"s\"\n"));
  REQUIRE(one.has_value());
  CHECK(one->component("a.example") != nullptr);
  CHECK(one->serves("a.example"));
  CHECK_FALSE(none->serves("a.example"));
  CHECK(config::needs_restart(*none, *one, kFeatures) == std::vector<std::string>{"component"});
  CHECK(config::needs_restart(*one, *none, kFeatures).empty());
}

TEST_CASE("a reload names the changed keys that need a restart, and only those") {
  const auto before = load(kHost);
  const auto after = load(with_host(
      "[server]\nworkers = 3\nstop_deadline = \"5s\"\n[limits]\nroster_items = 5\ntrusted = [\"::1\"]\n"
      "[storage]\nreaders = 3\n[features.mam]\nenabled = false\npage = 3\n"));
  REQUIRE(before.has_value());
  REQUIRE(after.has_value());
  CHECK(config::needs_restart(*before, *before, kFeatures).empty());
  CHECK(fmt::format("{}", fmt::join(config::needs_restart(*before, *after, kFeatures), " ")) ==
        "server.workers storage.readers limits.trusted");
}
