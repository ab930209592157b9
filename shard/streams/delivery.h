#pragma once

namespace vestnik {

/// Learns what became of a stanza that was given to a session (Session::send). The shard's thread; exactly
/// one of the two is called for each session it was given to.
class Delivery {
 public:
  Delivery() = default;
  Delivery(const Delivery&) = delete;
  Delivery& operator=(const Delivery&) = delete;
  virtual ~Delivery() = default;

  /// The client acknowledged it (XEP-0198); of a client that does not do such things: the kernel took it.
  virtual void delivered() = 0;
  /// The session ended before. It is no longer among its account's sessions.
  virtual void lost() = 0;
};

}  // namespace vestnik
