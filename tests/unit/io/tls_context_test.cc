#include "core/io/tls_context.h"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>

#include "tests/unit/io/certificate.h"

namespace vestnik {
namespace {

/// What the constructor complains of; empty if it does not.
std::string complaint(const Config& config) {
  try {
    const TlsContext context(config, {});
    return {};
  } catch (const std::runtime_error& error) {
    return error.what();
  }
}

}  // namespace

TEST_CASE("what cannot be used is named") {
  const TempDir dir;
  const Config good = config_of_hosts(dir, {"example.org", "other.example"});
  CHECK(complaint(good).empty());
  dir.write("rubbish.pem", "no certificate");
  const auto with = [&](auto change) {
    Config config = good;
    change(config);
    return complaint(config);
  };
  const std::string missing = dir.path() / "missing.pem";
  const std::string rubbish = dir.path() / "rubbish.pem";
  CHECK(with([&](Config& c) { c.hosts[1].certificate = missing; }).starts_with("certificate '" + missing));
  CHECK(with([&](Config& c) { c.hosts[1].certificate = rubbish; }).starts_with("certificate '" + rubbish));
  CHECK(with([&](Config& c) { c.hosts[0].key = missing; }).starts_with("private key '" + missing));
  CHECK(with([&](Config& c) { c.hosts[0].key = c.hosts[1].key; }).starts_with("private key"));
  CHECK(with([&](Config& c) { c.tls.client_ca = missing; }).contains(missing));
  CHECK(with([](Config& c) { c.tls.ciphers = "NONE-SUCH"; }).contains("NONE-SUCH"));
  CHECK(with([](Config& c) { c.tls.groups = "X0"; }).contains("X0"));
  CHECK_FALSE(with([](Config& c) { c.hosts.clear(); }).empty());
}

TEST_CASE("a host without a certificate of its own shows the one of [tls]") {
  const TempDir dir;
  Config config = config_of_hosts(dir, {"example.org"});
  config.tls.certificate = config.hosts[0].certificate;
  config.tls.key = config.hosts[0].key;
  config.hosts.emplace_back().name = "other.example";
  CHECK(complaint(config).empty());
}

TEST_CASE("hosts are found by their U-label and their A-label name, others get the first") {
  const TempDir dir;
  Config config = config_of_hosts(dir, {"example.org", "other.example"});
  config.hosts[1].name = "пример.рф";
  const TlsContext context(config, {});
  CHECK(context.context_of("пример.рф") != context.context_of("example.org"));
  CHECK(context.context_of("xn--e1afmkfd.xn--p1ai") == context.context_of("пример.рф"));
  CHECK(context.context_of("elsewhere.example") == context.context_of("example.org"));
}

}  // namespace vestnik
