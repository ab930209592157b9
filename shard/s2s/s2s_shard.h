#pragma once
#include "core/log/log.h"
#include "core/runtime/reactor.h"
#include "proto/stanza/stanza.h"
#include "shard/services.h"

namespace vestnik {

/// The dedicated shard for other domains: a thread and a mailbox of its own, so that no worker ever waits for
/// a remote server. Until federation is built in, it answers what it gets with `remote-server-not-found`.
class S2sShard {
 public:
  explicit S2sShard(Services& services) : services_(services) {}
  S2sShard(const S2sShard&) = delete;
  S2sShard& operator=(const S2sShard&) = delete;

  Reactor& reactor() { return reactor_; }

  /// Any thread: takes a stanza whose `to` is no host of ours. Order per sender is kept.
  void route(Stanza stanza);

 private:
  class PostedStanza;
  void receive(const Stanza& stanza);

  Services& services_;
  Reactor reactor_;
};

}  // namespace vestnik
