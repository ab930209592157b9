#include "core/config/schema.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <regex>
#include <set>

#include "core/config/load.h"
#include "core/config/network.h"
#include "core/config/print.h"
#include "core/config/suggest.h"

using namespace vestnik;

namespace {

// Every key of every table, with a value that is not its default.
constexpr std::string_view kEverything = R"(
[[host]]
name = "example.org"
admins = ["juliet@example.org"]
certificate = "/h.pem"
key = "/h.key"
anonymous = true
registration = true
scram_iterations = 20000
archive_retention = "30d"
archive_messages = 5000
contact_abuse = ["mailto:a@example.org"]
contact_admin = ["mailto:b@example.org"]
contact_feedback = ["mailto:c@example.org"]
contact_sales = ["mailto:d@example.org"]
contact_security = ["mailto:e@example.org"]
contact_support = ["mailto:f@example.org", "xmpp:help@example.org"]
[[host.group]]
name = "Everybody"
everyone = true
members = ["romeo@example.org"]
[[component]]
name = "irc.example.org"
secret = "of the component"
roster = "get"
roster_pushes = false
messages = true
presence = true
requests = ["urn:example:a both", "urn:example:b get"]
delegated = ["urn:example:c", "urn:example:d node item"]
[components]
listen = ["127.0.0.3"]
port = 5
tls_port = 6
connections = 7
negotiation_timeout = "13s"
answer_timeout = "14s"
queue_bytes = "96KiB"
[server]
workers = 3
data_dir = "/data"
control_socket = "/data/control"
pid_file = "/data/pid"
stop_deadline = "11s"
[tls]
certificate = "/t.pem"
key = "/t.key"
client_ca = "/ca.pem"
min_version = "1.3"
ciphers = "HIGH"
cipher_suites = "TLS_AES_128_GCM_SHA256"
groups = "X25519"
tickets = false
[c2s]
listen = ["127.0.0.1"]
starttls_port = 1
direct_tls_port = 2
tls_required = false
resource_conflict = "reject"
max_resources = 3
negotiation_timeout = "4s"
idle_timeout = "5s"
keepalive_timeout = "6s"
resume_timeout = "44s"
resume_location = "xmpp.example.org:5222"
[s2s]
enabled = false
workers = 2
listen = ["::1"]
starttls_port = 7
direct_tls_port = 8
trust = "/trust.pem"
tls_required = false
bidirectional = false
dane = false
policy = "blocked"
secure = ["a.example"]
dialback = ["b.example"]
blocked = ["c.example"]
connect_timeout = "9s"
negotiation_timeout = "10s"
idle_timeout = "11s"
retry_min = "12s"
retry_max = "13s"
resume_timeout = "45s"
queue_bytes = "100KiB"
[http]
listen = ["127.0.0.5"]
tls_port = 8
plain_listen = ["127.0.0.6"]
port = 9
public_url = "https://chat.example.org"
origins = ["https://chat.example.org"]
proxies = ["192.0.2.0/24"]
metrics_from = ["192.0.3.0/24"]
idle_timeout = "14s"
[dns]
forwarders = ["192.0.2.53"]
records = ["x.example. IN A 192.0.2.1"]
zones = ["example."]
trust_anchor = "/root.key"
timeout = "14s"
[storage]
path = "/data/db"
durability = "relaxed"
readers = 10
queue_bytes = "11MiB"
[limits]
mailbox_low = "100KiB"
mailbox_soft = "200KiB"
mailbox_hard = "300KiB"
outbox_hard = "500KiB"
outbox_stall = "12s"
parked_deadline = "13s"
unacked_stanzas = 444
unacked_bytes = "444KiB"
c2s_stanza_bytes = 14000
c2s_stanza_elements = 15
c2s_stanza_attributes = 16
c2s_stanza_depth = 17
s2s_stanza_bytes = 18000
s2s_stanza_elements = 19
s2s_stanza_attributes = 20
s2s_stanza_depth = 21
preauth_bytes = "22KiB"
preauth_elements = 23
preauth_attributes = 24
preauth_depth = 25
c2s_bytes_per_second = 26000
s2s_bytes_per_second = 26001
sasl_attempts = 27
auth_failures_per_address = 28
auth_failures_per_account = 29
connections_per_address = 31
unauthenticated_per_address = 32
unauthenticated_total = 33
handshake_steps = 34
trusted = ["127.0.0.0/8", "::1"]
roster_items = 35
blocklist_items = 36
offline_messages = 37
offline_bytes = 38
private_bytes = 39
vcard_bytes = 40
[log]
level = "trace"
format = "json"
file = "/data/log"
queue_lines = 200
[features.one]
enabled = false
flag = true
count = 41
size = 42
time = "43ms"
text = "b"
list = ["c \" \\ \n", "д"]
)";

const std::vector<FeatureSpec> kFeatures{
    {.name = "one",
     .doc = "A feature with an option of each type.",
     .options = {{.name = "flag", .initial = false, .doc = "A truth value."},
                 {.name = "count", .initial = std::uint32_t{1}, .doc = "A number."},
                 {.name = "size", .initial = std::uint64_t{1}, .doc = "A size."},
                 {.name = "time", .initial = milliseconds(1), .doc = "A duration."},
                 {.name = "text", .initial = std::string("a"), .doc = "A text.", .choices = {"a", "b"}},
                 {.name = "list", .initial = std::vector<std::string>{}, .doc = "Texts."}}}};

Config load(std::string_view text) {
  const auto loaded = config::load_text(text, "/test.toml", {.overrides = {}, .features = kFeatures});
  if (!loaded) FAIL(loaded.error().front().to_string());
  return *loaded;
}

/// The default file with all keys in force, without the example of a component.
std::string uncommented(const std::string& file) {
  const std::string real = std::regex_replace(file, std::regex("#\\[\\[component\\]\\]\n(?:#.*\n)*"), "");
  return std::regex_replace(real, std::regex("(^|\n)#([a-z])"), "$1$2");
}

}  // namespace

TEST_CASE("every key is read, printed and read back") {
  const Config config = load(kEverything);
  const std::string printed = config::print(config, kFeatures);
  CHECK(config::print(load(printed), kFeatures) == printed);
  // A key that was left out above would be printed as a default.
  const std::regex commented("\n#([a-z][a-z0-9_]*) = ");
  for (std::sregex_iterator it(printed.begin(), printed.end(), commented), end; it != end; ++it) {
    FAIL_CHECK("not covered: ", (*it)[1].str());
  }
}

TEST_CASE("every key has a place of its own") {
  // Values above differ from each other wherever two keys have one type, so one that lands elsewhere shows.
  const Config config = load(kEverything);
  const std::string printed = config::print(config, kFeatures);
  std::istringstream lines{std::string(kEverything)};
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line.starts_with('[') || line.starts_with("list")) continue;
    const bool found = printed.contains("\n" + line + "\n") || printed.contains("\n" + line + "  # ");
    CHECK_MESSAGE(found, line);
  }
  CHECK(config.limits.s2s_xml.depth == 21);
  CHECK(config.limits.preauth_xml.attributes == 24);
  CHECK(config.limits.mailbox.soft == 200 * 1024);
  CHECK(config.hosts.at(0).contacts.security == std::vector<std::string>{"mailto:e@example.org"});
  CHECK(config.hosts.at(0).groups.at(0).members.at(0).full() == "romeo@example.org");
  CHECK(config.features.at("one").get<std::vector<std::string>>("list").at(0) == "c \" \\ \n");
}

TEST_CASE("the default file says what the defaults are") {
  const std::string file = config::print_default(kFeatures);
  const std::string certificate = "[tls]\ncertificate = \"c\"\nkey = \"k\"\n";
  const auto replace_tls = [&](std::string text) {
    return std::regex_replace(text, std::regex("\\[tls\\]\n(?:#.*\n|certificate = .*\n)*key = .*\n"),
                              certificate);
  };
  Config plain = load(replace_tls(uncommented(file).insert(0, "")));
  const Config expected = load("[[host]]\nname = \"localhost\"\n" + certificate);
  CHECK(config::print(plain, kFeatures) == config::print(expected, kFeatures));
}

TEST_CASE("keys are documented, and names are unique and lower case") {
  const auto check = [](const auto& section, auto) {
    std::set<std::string> names;
    CHECK_FALSE(section.doc.empty());
    for (const auto& key : section.keys) {
      CHECK_MESSAGE(names.insert(key.name()).second, key.name());
      CHECK_MESSAGE(std::regex_match(key.name(), std::regex("[a-z][a-z0-9_]*")), key.name());
      CHECK_MESSAGE((key.doc().size() > 5 && key.doc().ends_with('.')), key.name());
    }
  };
  config::for_each_section(check);
  check(config::host_section(), 0);
  check(config::group_section(), 0);
  check(config::component_section(), 0);
}

TEST_CASE("address blocks") {
  const auto contains = [](std::string_view block, std::string_view literal) {
    AddressBytes address;
    REQUIRE(parse_address(literal, address));
    return parse_network(block).value().contains(address);
  };
  CHECK(contains("127.0.0.0/8", "127.0.9.1"));
  CHECK_FALSE(contains("127.0.0.0/8", "128.0.0.1"));
  CHECK(contains("10.1.2.3", "10.1.2.3"));
  CHECK_FALSE(contains("10.1.2.3", "10.1.2.4"));
  CHECK(contains("2001:db8::/33", "2001:db8:7fff::1"));
  CHECK_FALSE(contains("2001:db8::/33", "2001:db8:8000::1"));
  CHECK(contains("0.0.0.0/0", "8.8.8.8"));
  CHECK_FALSE(contains("0.0.0.0/0", "::1"));
  CHECK(contains("::/0", "8.8.8.8"));
  for (const std::string text : {"127.0.0.0/8", "::1", "10.0.0.1", "2001:db8::/32", "::/0", "0.0.0.0/0"}) {
    CHECK(format_network(parse_network(text).value()) == text);
  }
  for (const std::string_view text :
       {"", "/", "10.0.0.0/", "10.0.0.0/33", "::/129", "10.0.0/8", "10.0.0.0/8x", "x"}) {
    CHECK_FALSE_MESSAGE(parse_network(text).has_value(), text);
  }
  CHECK(format_network(parse_network("10.9.8.7/8").value()) == "10.0.0.0/8");
}

TEST_CASE("edit distance and suggestions") {
  CHECK(config::edit_distance("", "abc") == 3);
  CHECK(config::edit_distance("port", "prot") == 1);
  CHECK(config::edit_distance("kitten", "sitting") == 3);
  CHECK(config::edit_distance("abc", "abc") == 0);
  const std::vector<std::string> names{"c2s.listen", "c2s.starttls_port", "s2s.listen"};
  CHECK(config::nearest("c2s.lsiten", names) == "c2s.listen");
  CHECK_FALSE(config::nearest("storage", names).has_value());
}
