#pragma once
#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include "core/runtime/reactor.h"
#include "shard/message.h"

namespace vestnik {

/// Messages for another shard, which may be the S2S shard, gathered on this one and pushed as a whole (RULES
/// 1): at the end of the turn, or when it is full.
class OutgoingBatch {
 public:
  bool empty() const { return messages_.empty(); }
  bool is_full() const { return messages_.size() >= kMaxMessages || bytes_ >= kMaxBytes; }

  void add(EntityMessage message) {
    bytes_ += cost(message);
    messages_.push_back(std::move(message));
  }

  /// Has `target.receive()` called on the target's thread (hop 5). Empty afterwards.
  template <typename Target>
  void post_to(Target& target) {
    target.reactor().post(
        std::make_unique<Parcel<Target>>(target, std::exchange(messages_, {}), std::exchange(bytes_, 0)));
  }

 private:
  static constexpr std::size_t kMaxMessages = 64;
  static constexpr std::size_t kMaxBytes = std::size_t{64} * 1024;

  template <typename Target>
  class Parcel final : public Posted {
   public:
    Parcel(Target& target, std::vector<EntityMessage> messages, std::size_t bytes)
        : Posted(bytes), target_(target), messages_(std::move(messages)) {}
    void run() override { target_.receive(std::move(messages_), sent_); }

   private:
    Target& target_;
    std::vector<EntityMessage> messages_;
    Reactor::Clock::time_point sent_ = Reactor::Clock::now();
  };

  std::vector<EntityMessage> messages_;
  std::size_t bytes_ = 0;
};

}  // namespace vestnik
