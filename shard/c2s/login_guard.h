#pragma once
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

namespace vestnik {

/// Failed logins of the last minute per account, on the account's owner shard. Bounded: when the table is
/// full it starts afresh, which costs an attacker more names than it gains tries.
class LoginGuard {
 public:
  using Clock = std::chrono::steady_clock;

  bool exceeded(std::string_view account, std::uint32_t limit, Clock::time_point now) const {
    const auto found = failures_.find(std::string(account));
    return found != failures_.end() && now - found->second.since < kWindow && found->second.count >= limit;
  }

  void add_failure(std::string_view account, Clock::time_point now) {
    if (failures_.size() >= kMaxNames) failures_.clear();
    auto& entry = failures_[std::string(account)];
    if (now - entry.since >= kWindow) entry = {.since = now, .count = 0};
    ++entry.count;
  }

  void succeeded(std::string_view account) { failures_.erase(std::string(account)); }

 private:
  static constexpr std::size_t kMaxNames = 100'000;
  static constexpr std::chrono::minutes kWindow{1};
  struct Entry {
    Clock::time_point since{};
    std::uint32_t count = 0;
  };
  std::unordered_map<std::string, Entry> failures_;
};

}  // namespace vestnik
