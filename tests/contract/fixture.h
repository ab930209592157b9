#pragma once
#include <doctest/doctest.h>

#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "core/storage/storage.h"
#include "tests/unit/config/temp_dir.h"

namespace vestnik::storage {

inline constexpr UnixMillis at(std::int64_t millis) { return UnixMillis(std::chrono::milliseconds(millis)); }

inline AccountRecord account(std::string jid, std::int64_t created_at = 1'000) {
  return {.jid = std::move(jid), .created_at = at(created_at), .last_activity = {}, .credentials = {}};
}

/// Where a new, empty storage of the back-end under test is to be; `dir` is a folder for its use. Each
/// back-end's folder has its own.
StorageConfig new_storage(const std::filesystem::path& dir);

/// A storage as the configuration would open it, with calls that wait for their result. The tests of this
/// folder see a back-end only through it and are linked with each; what is about one only stands in a folder
/// below.
class TestStorage {
 public:
  explicit TestStorage(Tuning tuning = {}, Events events = {}) : tuning_(tuning), events_(std::move(events)) {
    config = new_storage(dir.path());
    open();
  }

  Storage& operator*() { return *storage_; }
  Storage* operator->() { return storage_.get(); }

  void open() { storage_ = open_storage(config, events_, tuning_); }
  void close() { storage_.reset(); }
  void reopen() {
    close();
    open();
  }

  template <typename Work>
  using Value = std::invoke_result_t<Work&, Stores&>;

  template <typename Change>
  Result<Value<Change>, Error> try_write(Change change) {
    std::promise<Result<Value<Change>, Error>> promise;
    auto outcome = promise.get_future();
    storage_->write(tag, std::move(change), fulfil(std::move(promise)));
    return outcome.get();
  }
  template <typename Query>
  Result<Value<Query>, Error> try_read(WriteSeq after, Query query) {
    std::promise<Result<Value<Query>, Error>> promise;
    auto outcome = promise.get_future();
    storage_->read(after, std::move(query), fulfil(std::move(promise)));
    return outcome.get();
  }

  /// The same, with a value or the end of the test.
  template <typename Change>
  Value<Change> write(Change change) {
    return value_of(try_write(std::move(change)));
  }
  template <typename Query>
  Value<Query> read(Query query) {
    return value_of(try_read(kNoWrite, std::move(query)));
  }

  void create_account(std::string_view jid, std::int64_t created_at = 1'000) {
    const bool created = write(
        [&](Stores& stores) { return stores.accounts().create(account(std::string(jid), created_at)); });
    REQUIRE(created);
  }

  TempDir dir;
  StorageConfig config;
  WriteTag tag{.owner = "test@example.org"};

 private:
  template <typename Outcome>
  static auto fulfil(std::promise<Outcome> promise) {
    return [promise = std::move(promise)](Outcome outcome) mutable { promise.set_value(std::move(outcome)); };
  }

  template <typename T>
  static T value_of(Result<T, Error> outcome) {
    if (!outcome) FAIL(outcome.error().text);
    if constexpr (!std::is_void_v<T>) return *std::move(outcome);
  }

  Tuning tuning_;
  Events events_;
  std::unique_ptr<Storage> storage_;
};

/// Occupies the thread that writes until it is opened: what is written meanwhile is one group.
class Gate {
 public:
  explicit Gate(TestStorage& storage) {
    storage->write(
        storage.tag,
        [this](Stores&) {
          entered_.set_value();
          open_.get_future().wait();
        },
        [](const Result<void, Error>& outcome) { CHECK(outcome.has_value()); });
    entered_.get_future().wait();
  }
  void open() { open_.set_value(); }

 private:
  std::promise<void> entered_;
  std::promise<void> open_;
};

}  // namespace vestnik::storage
