#include "core/io/address_ledger.h"

#include <doctest/doctest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace vestnik {
namespace {

using boost::asio::ip::make_address;
using Count = AddressLedger::Count;
using std::chrono::minutes;
using std::chrono::seconds;

AddressLedger ledger_that_trusts(std::initializer_list<std::string_view> networks) {
  std::vector<Network> trusted;
  for (const std::string_view network : networks) trusted.push_back(parse_network(network).value());
  return {SipKey{}, std::move(trusted)};
}

}  // namespace

TEST_CASE("an address has as much as its limit, and again what it gives back") {
  AddressLedger ledger = ledger_that_trusts({});
  const auto address = make_address("192.0.2.1");
  CHECK(ledger.try_add(address, Count::connections, 2));
  CHECK(ledger.try_add(address, Count::connections, 2));
  CHECK_FALSE(ledger.try_add(address, Count::connections, 2));
  CHECK(ledger.try_add(address, Count::unauthenticated, 1));  // counted apart
  CHECK(ledger.try_add(make_address("192.0.2.2"), Count::connections, 2));
  ledger.remove(address, Count::connections);
  CHECK(ledger.try_add(address, Count::connections, 2));
  CHECK_FALSE(ledger.try_add(address, Count::connections, 2));
}

TEST_CASE("IPv6 counts by /64, IPv4 is one address however it is written") {
  AddressLedger ledger = ledger_that_trusts({});
  CHECK(ledger.try_add(make_address("2001:db8::1"), Count::connections, 1));
  CHECK_FALSE(ledger.try_add(make_address("2001:db8::ffff:1234:5678:9abc"), Count::connections, 1));
  CHECK(ledger.try_add(make_address("2001:db8:0:1::1"), Count::connections, 1));
  CHECK(ledger.try_add(make_address("192.0.2.1"), Count::connections, 1));
  CHECK_FALSE(ledger.try_add(make_address("::ffff:192.0.2.1"), Count::connections, 1));
  CHECK(ledger.try_add(make_address("::ffff:192.0.2.2"), Count::connections, 1));
  // no mapped address, though it looks a little like one
  CHECK(ledger.try_add(make_address("64:ff9b:1::ffff:c000:201"), Count::connections, 1));
  CHECK_FALSE(ledger.try_add(make_address("64:ff9b:1::ffff:c000:202"), Count::connections, 1));
}

TEST_CASE("who is trusted is not counted") {
  AddressLedger ledger = ledger_that_trusts({"127.0.0.0/8", "::1", "2001:db8::/33", "10.1.2.128/25"});
  for (const char* address : {"127.0.0.1", "127.255.0.9", "::1", "::ffff:127.0.0.1", "2001:db8:7fff::1",
                              "10.1.2.128", "10.1.2.255"}) {
    CAPTURE(address);
    CHECK(ledger.is_trusted(make_address(address)));
    CHECK(ledger.try_add(make_address(address), Count::connections, 0));
    ledger.remove(make_address(address), Count::connections);
    ledger.add_failure(make_address(address), {});
    CHECK_FALSE(ledger.failures_exceed(make_address(address), 0, {}));
  }
  for (const char* address : {"126.255.255.255", "128.0.0.0", "::2", "2001:db8:8000::1", "10.1.2.127"}) {
    CAPTURE(address);
    CHECK_FALSE(ledger.is_trusted(make_address(address)));
    CHECK_FALSE(ledger.try_add(make_address(address), Count::connections, 0));
  }
}

TEST_CASE("failures count for a minute of the clock") {
  AddressLedger ledger = ledger_that_trusts({});
  const auto address = make_address("192.0.2.1");
  const std::chrono::steady_clock::time_point start(minutes{1'000});
  CHECK_FALSE(ledger.failures_exceed(address, 1, start));
  for (int i = 0; i < 3; ++i) ledger.add_failure(address, start + seconds{i});
  CHECK(ledger.failures_exceed(address, 3, start + seconds{59}));
  CHECK_FALSE(ledger.failures_exceed(address, 4, start + seconds{59}));
  CHECK_FALSE(ledger.failures_exceed(make_address("192.0.2.2"), 1, start));
  CHECK_FALSE(ledger.failures_exceed(address, 1, start + seconds{60}));
  ledger.add_failure(address, start + seconds{60});
  CHECK(ledger.failures_exceed(address, 1, start + seconds{61}));
  CHECK_FALSE(ledger.failures_exceed(address, 2, start + seconds{61}));
}

TEST_CASE("many threads together never get more than the limit, and lose no failure") {
  constexpr std::uint32_t kLimit = 7;
  constexpr int kThreads = 4;
  constexpr int kRounds = 20'000;
  AddressLedger ledger = ledger_that_trusts({});
  const auto address = make_address("192.0.2.1");
  const std::chrono::steady_clock::time_point now(minutes{1'000});
  std::atomic<std::uint32_t> held{0};
  std::atomic<bool> exceeded{false};
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < kRounds; ++i) {
        ledger.add_failure(address, now);
        if (!ledger.try_add(address, Count::connections, kLimit)) continue;
        if (held.fetch_add(1) >= kLimit) exceeded = true;
        held.fetch_sub(1);
        ledger.remove(address, Count::connections);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK_FALSE(exceeded);
  CHECK(ledger.failures_exceed(address, kThreads * kRounds, now));
  CHECK_FALSE(ledger.failures_exceed(address, kThreads * kRounds + 1, now));
  for (std::uint32_t i = 0; i < kLimit; ++i) CHECK(ledger.try_add(address, Count::connections, kLimit));
  CHECK_FALSE(ledger.try_add(address, Count::connections, kLimit));
}

}  // namespace vestnik
