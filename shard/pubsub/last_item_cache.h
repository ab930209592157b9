#pragma once
#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "shard/pubsub/operations.h"

namespace vestnik::pubsub {

/// The last items of an account's nodes, of those that somebody wanted to have: also that a node has none.
/// What is read from the store while a node changes is not kept: the generation says so.
class LastItemCache {
 public:
  /// Names a time in which no node changes; never the same for two, also when the account has been loaded
  /// anew.
  struct Epoch {};
  using Generation = std::shared_ptr<const Epoch>;

  /// True if it is known of all of them which items they have, or that they have none.
  bool knows(std::span<const std::string> nodes) const;
  /// The last item of a node; null: there is none, or it is not known.
  const LastItem* find(std::string_view node) const;

  /// Takes over what a read that began in `generation` has found; what it was asked for and has not found has
  /// no last item. False if a node has changed meanwhile. Too much: the others are forgotten.
  bool put(const Generation& generation, std::span<const std::string> asked, LastItems found);

  /// A node has changed.
  void forget(std::string_view node);
  const Generation& generation() const { return generation_; }
  /// What it costs, roughly.
  std::size_t bytes() const { return bytes_ + items_.size() * kEntry; }

 private:
  static constexpr std::size_t kEntry = 256;                           ///< of an entry beside its item
  std::map<std::string, std::optional<LastItem>, std::less<>> items_;  ///< by node
  std::size_t bytes_ = 0;
  Generation generation_ = std::make_shared<const Epoch>();
  bool has_nodes_ = true;  ///< as far as known
};

}  // namespace vestnik::pubsub
