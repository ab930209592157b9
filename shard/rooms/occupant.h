#pragma once
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "proto/jid/jid.h"
#include "proto/stanza/stanza.h"
#include "proto/xep/muc.h"

namespace vestnik::rooms {

/// So many things at once and so many a second after that.
class Allowance {
 public:
  using Clock = std::chrono::steady_clock;

  /// Takes one of what is left; false: nothing is.
  bool take(Clock::time_point now, std::uint32_t per_second) {
    const double most = kBurstSeconds * per_second;
    const std::chrono::duration<double> passed = now - last_;
    left_ = last_ == Clock::time_point{} ? most : std::min(most, left_ + passed.count() * per_second);
    last_ = now;
    if (left_ < 1) return false;
    left_ -= 1;
    return true;
  }

 private:
  static constexpr double kBurstSeconds = 4;
  double left_ = 0;
  Clock::time_point last_{};
};

/// A user in a room, under one nickname, with one client or several (XEP-0045 §7.2.8). Belongs to its Room.
struct Occupant {
  Jid address;                ///< `room@service/nickname`
  Jid user;                   ///< bare
  std::vector<Jid> sessions;  ///< full, in the order in which they came
  muc::Role role = muc::Role::none;
  std::string stamp;       ///< its `<occupant-id/>` (XEP-0421)
  std::string shown;       ///< what its client's presence says
  std::string lang;        ///< of that
  bool announced = false;  ///< the others have its presence

  /// Its presence as those get it who may see the real address, and as the others do; without `to`.
  std::shared_ptr<const Stanza> open;
  std::shared_ptr<const Stanza> veiled;

  Allowance messages;
  Allowance presences;

  std::string_view nick() const { return address.resource(); }
};

}  // namespace vestnik::rooms
