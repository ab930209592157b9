#include <doctest/doctest.h>

#include <vector>

#include "shard/receipts/handled_count.h"
#include "shard/receipts/receipt.h"

using namespace vestnik;

namespace {

constexpr ReceiptToken kWhole{
    .session = 7, .share = kWholeShare, .number = 1, .origin = {.node = 0, .shard = 1}};

std::uint64_t returned(const ReceiptDesk& desk, ShardId shard) {
  std::uint64_t sum = 0;
  for (const ReceiptToken& token : const_cast<ReceiptDesk&>(desk).settled()[shard]) sum += token.share;
  return sum;
}

}  // namespace

TEST_SUITE("receipts") {
  TEST_CASE("all parts together are the whole, in whatever order they end") {
    ReceiptDesk desk(2);
    {
      Receipt whole = desk.take(kWhole);
      std::vector<Receipt> parts;
      for (int i = 0; i < 10'000; ++i) parts.push_back(whole.split());
      for (int depth = 0; depth < 12; ++depth) parts.push_back(parts.back().split());
      for (const Receipt& part : parts) CHECK(static_cast<bool>(part));
      whole.settle();
      CHECK(returned(desk, 1) < kWholeShare);
      std::vector<Receipt> later;
      for (auto part = parts.rbegin(); part != parts.rend(); ++part) later.push_back(std::move(*part));
      parts.clear();
      CHECK(returned(desk, 1) < kWholeShare);
    }
    CHECK(returned(desk, 1) == kWholeShare);
    CHECK(desk.settled()[0].empty());
  }

  TEST_CASE("assignment ends what was there") {
    ReceiptDesk desk(2);
    Receipt receipt = desk.take(kWhole);
    receipt = Receipt{};
    CHECK(returned(desk, 1) == kWholeShare);
  }

  TEST_CASE("a token that travels is neither settled nor lost") {
    ReceiptDesk here(2);
    ReceiptDesk there(2);
    const ReceiptToken token = here.take(kWhole).release();
    CHECK(returned(here, 1) == 0);
    there.take(token).settle();
    CHECK(returned(there, 1) == kWholeShare);
  }

  TEST_CASE("things are done in the name of the innermost stanza") {
    ReceiptDesk desk(2);
    CHECK_FALSE(static_cast<bool>(desk.part()));
    Receipt kept;
    {
      const ReceiptScope outer(desk, desk.take(kWhole));
      desk.mark_secured();
      {
        const ReceiptScope inner(desk, Receipt{});
        CHECK_FALSE(static_cast<bool>(desk.part()));
        CHECK_FALSE(desk.is_secured());
      }
      CHECK(desk.is_secured());
      kept = desk.part();
    }
    CHECK_FALSE(desk.is_secured());
    CHECK(returned(desk, 1) < kWholeShare);
    kept.settle();
    CHECK(returned(desk, 1) == kWholeShare);
  }

  TEST_CASE("the count is the end of the prefix without gaps, modulo 2^32") {
    HandledCount count(0xffff'fffeU);
    for (int i = 0; i < 100; ++i) count.add();
    CHECK(count.received() == 98);
    CHECK(count.handled() == 0xffff'fffeU);
    count.settle(0, kWholeShare);
    CHECK(count.handled() == 0xffff'fffeU);
    count.settle(0xffff'ffffU, kWholeShare / 2);
    CHECK(count.handled() == 0xffff'fffeU);
    count.settle(0xffff'ffffU, kWholeShare / 2);
    CHECK(count.handled() == 0);
    count.settle(0, kWholeShare);    // once more: passed over
    count.settle(200, kWholeShare);  // never came
    CHECK(count.handled() == 0);
    for (std::uint32_t number = 98; number > 0; --number) count.settle(number, kWholeShare);
    CHECK(count.handled() == 98);
  }
}
