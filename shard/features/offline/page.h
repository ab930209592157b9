#pragma once
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "core/storage/offline_store.h"
#include "shard/stream_management/delivery.h"

namespace vestnik::features {

/// A row of the offline queue, and what it counts there.
struct Row {
  storage::OfflineId id = 0;
  std::uint64_t bytes = 0;
};

/// Offline messages on their way to a session. They stay in the store until its client has them.
class Page final : public Delivery {
 public:
  /// What became of them when all are delivered or lost.
  struct Outcome {
    std::vector<Row> remove;
    std::vector<Row> lost;
  };
  using Done = std::move_only_function<void(Outcome)>;

  explicit Page(Done done) : done_(std::move(done)) {}

  void add(const Row& row) { waiting_.push_back(row); }
  /// It need not be sent.
  void add_settled(const Row& row) { outcome_.remove.push_back(row); }
  /// Behind the last send(); what was told before has been counted.
  void seal() {
    sealed_ = true;
    look();
  }

  /// A session's stanzas are delivered in order.
  void delivered() override {
    outcome_.remove.push_back(waiting_[told_++]);
    look();
  }
  void lost() override {
    outcome_.lost.push_back(waiting_[told_++]);
    look();
  }

 private:
  void look() {
    if (sealed_ && told_ == waiting_.size() && done_) std::exchange(done_, nullptr)(std::move(outcome_));
  }

  Done done_;
  std::vector<Row> waiting_;
  Outcome outcome_;
  std::size_t told_ = 0;
  bool sealed_ = false;
};

}  // namespace vestnik::features
