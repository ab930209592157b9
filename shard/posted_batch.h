#pragma once
#include <utility>
#include <vector>

#include "core/runtime/reactor.h"
#include "shard/shard.h"

namespace vestnik {

/// Messages on their way to a shard from another thread (hop 5).
class PostedBatch final : public Posted {
 public:
  PostedBatch(Shard& target, std::vector<EntityMessage> batch, std::size_t bytes)
      : Posted(bytes), target_(target), batch_(std::move(batch)) {}
  void run() override { target_.receive(std::move(batch_)); }

 private:
  Shard& target_;
  std::vector<EntityMessage> batch_;
};

}  // namespace vestnik
