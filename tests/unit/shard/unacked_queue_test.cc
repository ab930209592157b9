#include <doctest/doctest.h>

#include "shard/stream_management/unacked_queue.h"

using namespace vestnik;

namespace {

struct Told final : Delivery {
  int delivered_count = 0;
  void delivered() override { ++delivered_count; }
  void lost() override {}
};

Unacked unacked(const std::shared_ptr<Delivery>& delivery) {
  return {
      .stanza = std::make_shared<const Stanza>(Stanza::make({.kind = StanzaKind::message}, "<body>x</body>")),
      .delivery = delivery,
      .sent_at = {}};
}

}  // namespace

TEST_SUITE("unacked queue") {
  TEST_CASE("acknowledged across the end of the count, each told once") {
    UnackedQueue queue(0xffff'fffdU);
    const auto told = std::make_shared<Told>();
    for (int i = 0; i < 10; ++i) queue.push(unacked(told));
    CHECK(queue.sent() == 7);
    CHECK(queue.acknowledge(0xffff'ffffU));
    CHECK(queue.acknowledge(0xffff'ffffU));  // nothing new
    CHECK(told->delivered_count == 2);
    CHECK(queue.acknowledge(3));
    CHECK(told->delivered_count == 6);
    CHECK(queue.acknowledged() == 3);
    CHECK_FALSE(queue.acknowledge(2));  // backwards
    CHECK_FALSE(queue.acknowledge(8));  // never sent
    CHECK(queue.size() == 4);
    CHECK(queue.acknowledge(7));
    CHECK(queue.empty());
    CHECK(queue.bytes() == 0);
    CHECK(queue.stanzas().capacity() == 0);
  }
}
