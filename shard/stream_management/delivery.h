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

/// A message that is stored as a precaution while sessions have it in hand (Hooks::insure). The shard's
/// thread; one of the two is called, once.
class StoredCopy {
 public:
  StoredCopy() = default;
  StoredCopy(const StoredCopy&) = delete;
  StoredCopy& operator=(const StoredCopy&) = delete;
  virtual ~StoredCopy() = default;

  virtual void client_has_it() = 0;
  /// All sessions have ended: what is stored is the message now.
  virtual void nobody_has_it() = 0;
};

}  // namespace vestnik
