#include <fmt/format.h>

#include <atomic>
#include <fstream>
#include <functional>

#include "tests/contract/fixture.h"

namespace vestnik::storage {
namespace {

Result<void, Error> backup(TestStorage& storage, const std::filesystem::path& target) {
  std::promise<Result<void, Error>> promise;
  auto outcome = promise.get_future();
  storage->backup(target, [&promise](Result<void, Error> got) { promise.set_value(std::move(got)); });
  return outcome.get();
}

/// Writes as long as it lives, each time the same number under two keys.
class BusyWriter {
 public:
  explicit BusyWriter(TestStorage& storage) : storage_(storage) { write_next(); }
  ~BusyWriter() {
    stopping_ = true;
    stopped_.get_future().wait();
  }
  std::uint64_t committed() const { return committed_; }

 private:
  void write_next() {
    storage_->write(
        storage_.tag,
        [this](Stores& stores) {
          for (const char* key : {"left", "right"}) stores.meta().put(key, std::to_string(committed_ + 1));
        },
        [this](const auto& outcome) {
          CHECK(outcome.has_value());
          ++committed_;
          if (stopping_) {
            stopped_.set_value();
          } else {
            write_next();
          }
        });
  }

  TestStorage& storage_;
  std::atomic<std::uint64_t> committed_ = 0;
  std::atomic<bool> stopping_ = false;
  std::promise<void> stopped_;
};

TEST_CASE("backup: is one state of the database, taken while others write") {
  TestStorage storage;
  const std::string photo(64 << 10, 'p');
  for (int i = 0; i < 64; ++i) {  // enough for several steps of the copying
    const auto owner = fmt::format("user{}@example.org", i);
    storage.create_account(owner);
    storage.write([&](Stores& stores) { stores.vcards().put(owner, photo); });
  }
  const auto target = storage.dir.path() / "backup.db";
  std::uint64_t before = 0;
  {
    const BusyWriter writer(storage);
    storage.write([](Stores&) {});
    for (int round = 0; round < 3; ++round) {  // each replaces the last
      before = writer.committed();
      REQUIRE(backup(storage, target));
    }
  }
  CHECK((std::filesystem::status(target).permissions() & std::filesystem::perms::all) ==
        (std::filesystem::perms::owner_read | std::filesystem::perms::owner_write));

  storage.close();
  storage.config.path = target.string();
  storage.open();
  storage.read([&](Stores& stores) {
    CHECK(stores.vcards().get("user63@example.org") == photo);
    const auto left = stores.meta().get("left");
    REQUIRE(left);
    CHECK(std::stoull(*left) >= before);
    CHECK(stores.meta().get("right") == left);
  });
  storage.write([](Stores& stores) { stores.meta().put("restored", "writable"); });
}

TEST_CASE("backup: a place that cannot be written to is an answer, and leaves nothing behind") {
  TestStorage storage;
  const auto failed = backup(storage, storage.dir.path() / "missing" / "backup.db");
  REQUIRE_FALSE(failed);
  CHECK(failed.error().text.find("missing") != std::string::npos);

  const auto directory = storage.dir.path() / "directory";
  std::filesystem::create_directories(directory / "full");
  CHECK_FALSE(backup(storage, directory));
  CHECK_FALSE(std::filesystem::exists(directory.native() + ".partial"));
  CHECK(storage->status().state == State::ok);
}

TEST_CASE("backup: not after closing") {
  TestStorage storage;
  storage->close(std::chrono::seconds(60));
  const auto refused = backup(storage, storage.dir.path() / "backup.db");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::closed);
}

}  // namespace
}  // namespace vestnik::storage
