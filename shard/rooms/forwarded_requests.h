#pragma once
#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "proto/jid/jid.h"

namespace vestnik::rooms {

/// An iq request that one occupant has sent to another (XEP-0045 §17.4).
struct ForwardedRequest {
  Jid asker;       ///< real
  Jid asked;       ///< real, as it was sent on
  Jid addressee;   ///< the occupant's address that the asker knows
  std::string id;  ///< the asker's
};

/// Those whose answers have not come yet, under the ids that they were sent on with; so neither side learns
/// the other's address. Bounded: the oldest is given up for a new one.
class ForwardedRequests {
 public:
  /// The request that had to be given up, if one had to.
  std::optional<ForwardedRequest> add(std::string id, ForwardedRequest request) {
    std::optional<ForwardedRequest> oldest;
    if (waiting_.size() >= kMost) {
      oldest = std::move(waiting_.front().second);
      waiting_.pop_front();
    }
    waiting_.emplace_back(std::move(id), std::move(request));
    return oldest;
  }

  /// The request that an answer of this id from `from` belongs to.
  std::optional<ForwardedRequest> take(std::string_view id, JidView from) {
    for (auto it = waiting_.begin(); it != waiting_.end(); ++it) {
      if (it->first != id || it->second.asked.view() != from) continue;
      ForwardedRequest request = std::move(it->second);
      waiting_.erase(it);
      return request;
    }
    return std::nullopt;
  }

 private:
  static constexpr std::size_t kMost = 256;
  std::deque<std::pair<std::string, ForwardedRequest>> waiting_;
};

}  // namespace vestnik::rooms
