#pragma once
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

#include "core/storage/error.h"
#include "core/storage/stores.h"

namespace vestnik::storage {

/// One unit of work on its way through an engine. Users of the storage do not see it: Storage::read and
/// Storage::write make it from their two functions.
class Job {
 public:
  virtual ~Job() = default;
  /// Does the work within the transaction that the engine has opened. Throws what it likes. May be called
  /// again after a roll-back, until a commit succeeds.
  virtual void perform(Stores& stores) = 0;
  /// Frees what the work holds, when it is not going to be performed.
  virtual void discard_work() noexcept = 0;
  /// Called once, as the last thing, after the transaction has ended.
  virtual void finish(Result<void, Error> outcome) = 0;
};

/// A Job made of `work`, T(Stores&), and `done`, void(Result<T, Error>).
template <typename Work, typename Done>
class TypedJob final : public Job {
 public:
  using Value = std::invoke_result_t<Work&, Stores&>;
  static_assert(!std::is_reference_v<Value>, "what a job refers to is gone when it has ended");

  TypedJob(Work work, Done done) : work_(std::move(work)), done_(std::move(done)) {}

  void perform(Stores& stores) override {
    if constexpr (std::is_void_v<Value>) {
      (*work_)(stores);
    } else {
      value_.emplace((*work_)(stores));
    }
  }

  void discard_work() noexcept override { work_.reset(); }

  void finish(Result<void, Error> outcome) override {
    if (!outcome) {
      done_(Result<Value, Error>(Err(std::move(outcome.error()))));
    } else if constexpr (std::is_void_v<Value>) {
      done_(Result<void, Error>());
    } else {
      done_(Result<Value, Error>(*std::move(value_)));
    }
  }

 private:
  std::optional<Work> work_;
  Done done_;
  std::conditional_t<std::is_void_v<Value>, std::monostate, std::optional<Value>> value_;
};

}  // namespace vestnik::storage
