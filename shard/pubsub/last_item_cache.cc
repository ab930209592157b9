#include "shard/pubsub/last_item_cache.h"

#include <algorithm>
#include <utility>

namespace vestnik::pubsub {
namespace {

constexpr std::size_t kNames = 200;
constexpr std::size_t kBytes = 32U << 10U;

std::size_t bytes_of(const std::optional<LastItem>& last) {
  return last ? last->item.payload.size() + sizeof(LastItem) : 0;
}

}  // namespace

bool LastItemCache::knows(std::span<const std::string> nodes) const {
  return !has_nodes_ || std::ranges::all_of(nodes, [&](const auto& node) { return items_.contains(node); });
}

const LastItem* LastItemCache::find(std::string_view node) const {
  const auto found = items_.find(node);
  return found == items_.end() || !found->second ? nullptr : &*found->second;
}

bool LastItemCache::put(const Generation& generation, std::span<const std::string> asked, LastItems found) {
  if (generation != generation_) return false;
  has_nodes_ = found.has_nodes;
  if (!has_nodes_) return true;
  if (items_.size() + asked.size() > kNames || bytes_ > kBytes) {
    items_.clear();
    bytes_ = 0;
  }
  for (const auto& node : asked) items_[node] = std::nullopt;
  for (auto& last : found.items) {
    std::string name = last.node.name;
    items_[std::move(name)] = std::move(last);
  }
  bytes_ = 0;
  for (const auto& [name, last] : items_) bytes_ += bytes_of(last);
  return true;
}

void LastItemCache::forget(std::string_view node) {
  generation_ = std::make_shared<const Epoch>();
  has_nodes_ = true;
  if (const auto found = items_.find(node); found != items_.end()) {
    bytes_ -= bytes_of(found->second);
    items_.erase(found);
  }
}

}  // namespace vestnik::pubsub
