#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "core/runtime/timer_wheel.h"
#include "proto/stanza/stanza.h"
#include "shard/shard_map.h"

namespace vestnik {

class Shard;

/// Requests that a shard has made in the names of hosts and of accounts, until they are answered. The shard's
/// thread only.
class Questions {
 public:
  /// Gets the answer, a result or an error with the request's own id; null if there was none in time.
  using Answered = std::move_only_function<void(const Stanza* answer)>;

  explicit Questions(Shard& shard);
  Questions(const Questions&) = delete;
  Questions& operator=(const Questions&) = delete;

  /// Sends the request, from a host or a bare address of this shard's account, under an id of ours. False:
  /// too many wait, nothing was sent.
  bool ask(const Stanza& request, Answered answered);

  /// Hands an answer to whoever asked; nothing happens if nobody did.
  void settle(const Stanza& answer);

  /// The shard that made a request with this id, which any of them answers for its host; if it looks like
  /// one.
  static std::optional<ShardId> asker(std::string_view id);

 private:
  struct Question {
    Stanza request;  ///< under our id
    std::string id;  ///< its own
    Answered answered;
    std::chrono::steady_clock::time_point until;
  };
  void expire();
  void arm();

  Shard& shard_;
  std::map<std::uint64_t, Question> open_;  ///< by number
  std::uint64_t last_number_ = 0;
  Timer expiry_;  ///< while something is open
};

}  // namespace vestnik
