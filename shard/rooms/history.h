#pragma once
#include <chrono>
#include <cstddef>
#include <deque>
#include <memory>
#include <vector>

#include "proto/stanza/stanza.h"
#include "proto/xep/muc.h"

namespace vestnik::rooms {

/// The last messages of a room, for those who enter (XEP-0045 §7.2.13). Bounded in number and in bytes.
class History {
 public:
  using Time = std::chrono::system_clock::time_point;

  /// `message`: as the occupants got it, with the time at which they did (XEP-0203).
  void add(std::shared_ptr<const Stanza> message, Time at);
  /// Keeps the newest `messages` only.
  void limit(std::size_t messages);

  /// What somebody gets who wants no more than `wish`, oldest first.
  std::vector<std::shared_ptr<const Stanza>> choose(const muc::HistoryWish& wish, Time now) const;

 private:
  static constexpr std::size_t kMaxBytes = std::size_t{256} * 1024;
  struct Entry {
    std::shared_ptr<const Stanza> message;
    Time at;
  };
  void drop_oldest();

  std::deque<Entry> entries_;
  std::size_t bytes_ = 0;
  std::size_t limit_ = 0;
};

}  // namespace vestnik::rooms
