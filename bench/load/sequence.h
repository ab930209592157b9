#pragma once
#include <cstdint>
#include <set>

namespace vestnik::bench {

/// What went wrong with the order of numbered messages.
struct OrderErrors {
  std::uint64_t lost = 0;
  std::uint64_t duplicated = 0;
  std::uint64_t reordered = 0;  ///< arrived after one that was sent later

  OrderErrors& operator+=(const OrderErrors& other) {
    lost += other.lost;
    duplicated += other.duplicated;
    reordered += other.reordered;
    return *this;
  }
  bool any() const { return lost + duplicated + reordered != 0; }
};

/// The receiving end of one direction of one pair, whose messages are numbered 0, 1, 2, …
class SequenceChecker {
 public:
  void arrived(std::uint64_t number) {
    if (number >= next_) {
      while (next_ < number) missing_.insert(next_++);
      ++next_;
    } else if (missing_.erase(number) != 0) {
      ++errors_.reordered;
    } else {
      ++errors_.duplicated;
    }
  }

  /// The verdict at the end, when numbers below `sent` were sent.
  OrderErrors finish(std::uint64_t sent) const {
    OrderErrors errors = errors_;
    errors.lost = missing_.size() + (sent > next_ ? sent - next_ : 0);
    return errors;
  }

 private:
  std::uint64_t next_ = 0;
  std::set<std::uint64_t> missing_;
  OrderErrors errors_;
};

}  // namespace vestnik::bench
