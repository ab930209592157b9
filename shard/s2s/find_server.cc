#include "shard/s2s/find_server.h"

#include <fmt/format.h>

#include <array>
#include <cstring>
#include <utility>

#include "proto/jid/jid.h"
#include "proto/s2s/srv_order.h"
#include "shard/s2s/literal.h"

namespace vestnik::s2s {
namespace {

constexpr std::uint16_t kPort = 5269;
// A domain with more is not served better by asking for them all.
constexpr std::size_t kMaxTargets = 8;
constexpr std::size_t kMaxAddresses = 16;
constexpr std::size_t kMaxTlsa = 32;

using boost::asio::ip::address;

template <typename Address>
std::vector<address> parse_addresses(const DnsAnswer& answer) {
  std::vector<address> found;
  for (const std::string& data : answer.data) {
    typename Address::bytes_type bytes{};
    if (data.size() != bytes.size()) continue;
    std::memcpy(bytes.data(), data.data(), bytes.size());
    found.emplace_back(Address(bytes));
  }
  return found;
}

// RFC 8305 §4: the families in turn, IPv6 first.
std::vector<address> interleave(const std::vector<address>& v6, const std::vector<address>& v4) {
  std::vector<address> all;
  for (std::size_t i = 0; i < std::max(v6.size(), v4.size()); ++i) {
    if (i < v6.size()) all.push_back(v6[i]);
    if (i < v4.size()) all.push_back(v4[i]);
  }
  return all;
}

void note(std::string& failures, std::string_view what, std::string_view name) {
  if (!what.empty()) failures += fmt::format("{}{}: {}", failures.empty() ? "" : "; ", name, what);
}

// What DNS says about the certificate of `target`, to which signed records have led. False: it cannot be
// known, so that the server must not be used (RFC 7673 §3.3).
Task<bool> add_dane(Resolver& resolver, SrvRecord target, std::shared_ptr<const Dane>* dane,
                    std::string* failure) {
  const std::string name = fmt::format("_{}._tcp.{}", target.port, target.target);
  const auto tlsa = resolver.ask(name, DnsType::tlsa);
  co_await tlsa->done.wait();
  DnsAnswer& answer = tlsa->answer;
  if (!answer.failure.empty()) {
    note(*failure, answer.failure, name);
    co_return false;
  }
  if (!answer.secure || answer.data.empty()) co_return true;
  answer.data.resize(std::min(answer.data.size(), kMaxTlsa));
  *dane = std::make_shared<const Dane>(Dane{target.target, std::move(answer.data)});
  co_return true;
}

// `is_signed`: what has led to `target`.
Task<void> add_addresses(Resolver& resolver, SrvRecord target, bool is_signed, FoundServers& found) {
  const auto v6 = resolver.ask(target.target, DnsType::aaaa);
  const auto v4 = resolver.ask(target.target, DnsType::a);
  co_await v6->done.wait();
  co_await v4->done.wait();
  const std::vector<address> all = interleave(parse_addresses<boost::asio::ip::address_v6>(v6->answer),
                                              parse_addresses<boost::asio::ip::address_v4>(v4->answer));
  if (all.empty()) {
    note(found.failure, v4->answer.failure.empty() ? "it has no address" : v4->answer.failure, target.target);
    co_return;
  }
  std::shared_ptr<const Dane> dane;
  if (is_signed && v6->answer.secure && v4->answer.secure) {
    const bool known = co_await add_dane(resolver, target, &dane, &found.failure);
    if (!known) co_return;
  }
  for (const address& one : all) {
    if (found.addresses.size() < kMaxAddresses)
      found.addresses.push_back({{one, target.port}, target.direct_tls, dane});
  }
}

void add_records(const DnsAnswer& answer, bool direct_tls, std::vector<SrvRecord>& records) {
  for (const std::string& data : answer.data) {
    if (auto record = parse_srv(data, direct_tls)) records.push_back(*std::move(record));
  }
}

}  // namespace

Task<FoundServers> find_servers(Resolver& resolver, RandomSource& random, std::string domain, bool use_dane) {
  FoundServers found;
  if (const auto literal = parse_literal(domain)) {
    found.addresses.push_back({{*literal, kPort}});
    co_return found;
  }
  const auto ascii = domain_to_ascii(domain);
  if (!ascii) {
    found.failure = "it is no name that DNS could know";
    co_return found;
  }
  const auto direct = resolver.ask("_xmpps-server._tcp." + *ascii, DnsType::srv);
  const auto plain = resolver.ask("_xmpp-server._tcp." + *ascii, DnsType::srv);
  co_await direct->done.wait();
  co_await plain->done.wait();
  note(found.failure, plain->answer.failure, "_xmpp-server._tcp." + *ascii);
  if (direct->answer.bogus || plain->answer.bogus) co_return found;

  std::vector<SrvRecord> records;
  add_records(direct->answer, true, records);
  add_records(plain->answer, false, records);
  const bool named = !records.empty();
  records = order_srv(std::move(records), random);
  if (named && records.empty()) {
    found.failure = "its DNS records say that it has no XMPP server";
    co_return found;
  }
  if (!named) records.push_back({.port = kPort, .target = *ascii});
  if (records.size() > kMaxTargets) records.resize(kMaxTargets);
  const bool is_signed = use_dane && direct->answer.secure && plain->answer.secure;
  for (const SrvRecord& record : records) co_await add_addresses(resolver, record, is_signed, found);
  if (!found.addresses.empty()) found.failure.clear();
  co_return found;
}

}  // namespace vestnik::s2s
