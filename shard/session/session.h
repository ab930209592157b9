#pragma once
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "proto/jid/jid.h"
#include "proto/stanza/stanza.h"
#include "shard/receipts/receipt.h"
#include "shard/session/client_link.h"
#include "shard/stream_management/delivery.h"
#include "shard/stream_management/held_back.h"
#include "shard/stream_management/managed_stream.h"
#include "shard/stream_management/sleeping_link.h"

namespace vestnik {

class Account;
namespace pubsub {
class Capabilities;
}

/// A range of archive ids without gaps, grown by pages that touch it.
class ServedRange {
 public:
  /// Everything between the ids `after` and `before`, neither included, has been served.
  void add(std::int64_t after, std::int64_t before) {
    const bool touches = before_ != 0 && after < before_ && before > after_;
    after_ = touches ? std::min(after, after_) : after;
    before_ = touches ? std::max(before, before_) : before;
  }
  bool contains(std::int64_t id) const { return id > after_ && id < before_; }

 private:
  std::int64_t after_ = 0;
  std::int64_t before_ = 0;  ///< 0: nothing has been served
};

/// A bound resource (RFC 6120 §7): one client of an account. Owned by its Account and lives on the account's
/// shard. It ends with its link, or with stream management sleeps until the client comes back on another one.
/// Whoever keeps one over a suspension keeps `jid()` and id() and looks it up again.
class Session {
 public:
  Session(Account& account, Jid full, ClientLink& link, std::uint64_t id,
          std::chrono::system_clock::time_point since);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  Account& account() { return account_; }
  const Account& account() const { return account_; }
  const Jid& jid() const { return jid_; }   ///< full
  std::uint64_t id() const { return id_; }  ///< unique in the process
  std::chrono::system_clock::time_point since() const { return since_; }
  ClientLink& link() { return *link_; }

  /// Hop 8: into the outbox.
  void send(const Stanza& stanza);
  void send(Stanza&& stanza);
  /// For what several sessions get, or what somebody wants to hear of again; `delivery` may be null.
  void send(std::shared_ptr<const Stanza> stanza, std::shared_ptr<Delivery> delivery = nullptr);
  /// Gives it to the connection as it is; for send() and the stream's management.
  void put(const Stanza& stanza);

  /// The client says whether somebody looks at it (XEP-0352). While nobody does, what can wait is held back;
  /// what it missed comes at once when somebody does again.
  void set_inactive();
  void set_active();
  bool is_active() const { return held_back_ == nullptr; }

  /// Stops reading from the client until resumed as often: back-pressure and gates (RULES 1 and 4). Holds on
  /// whatever link the session has meanwhile.
  void pause_input();
  void resume_input();

  /// The client has enabled stream management (XEP-0198 §3); parameters as ManagedStream has them.
  void manage_stream(std::string id, std::chrono::milliseconds resume_timeout);
  /// Stream management, or null.
  ManagedStream* stream() { return stream_.get(); }
  bool is_managed() const { return stream_ != nullptr; }
  /// Counts a stanza from the client; to be kept while it is handled.
  Receipt receive() { return stream_ ? stream_->receive() : Receipt{}; }

  /// The link is gone and the session goes on without one for at most `patience`.
  void fall_asleep(std::chrono::milliseconds patience);
  bool is_asleep() const { return sleep_ != nullptr; }
  /// The client is back.
  void wake_up(ClientLink& link);

  /// Presence (RFC 6121 §4). A bound session is "connected"; it is available once it has sent presence.
  bool available() const { return presence_.has_value(); }
  /// The last broadcast available presence, without `to`; null while unavailable.
  const Stanza* presence() const { return presence_ ? &*presence_ : nullptr; }
  /// Of the available presence, -128…127; 0 while unavailable.
  int priority() const { return priority_; }
  /// Can be given messages to the bare JID.
  bool takes_messages() const { return available() && priority_ >= 0; }

  /// Called by shard/presence only.
  void set_available(Stanza presence, int priority);
  void set_unavailable();
  /// Who got directed available presence and no unavailable one since (RFC 6121 §4.6).
  std::set<Jid>& directed_presence() { return directed_; }

  /// The client asked for its roster and so gets pushes (RFC 6121 §2.2).
  bool wants_roster() const { return wants_roster_; }
  void set_wants_roster() { wants_roster_ = true; }
  /// The client asked for its block list and so gets pushes (XEP-0191).
  bool wants_blocklist() const { return wants_blocklist_; }
  void set_wants_blocklist() { wants_blocklist_ = true; }
  /// The client wants copies of what the account's other clients send and get (XEP-0280).
  bool wants_carbons() const { return wants_carbons_; }
  void set_wants_carbons(bool wants) { wants_carbons_ = wants; }

  /// What its client says it can do (XEP-0115), shared by all who say so; null: nothing, or it is
  /// unavailable.
  const std::shared_ptr<const pubsub::Capabilities>& capabilities() const { return capabilities_; }
  void set_capabilities(std::shared_ptr<const pubsub::Capabilities> capabilities) {
    capabilities_ = std::move(capabilities);
  }

  /// Which messages the client has been served from the archive, so that the offline store does not repeat
  /// them (RULES 3).
  ServedRange& served() { return served_; }

 private:
  bool is_plain() const { return !stream_ && !held_back_; }
  void write(std::shared_ptr<const Stanza> stanza, std::shared_ptr<Delivery> delivery);
  void release_held();

  Account& account_;
  Jid jid_;
  ClientLink* link_;
  std::uint64_t id_;
  std::chrono::system_clock::time_point since_;
  std::optional<Stanza> presence_;
  int priority_ = 0;
  bool wants_roster_ = false;
  bool wants_blocklist_ = false;
  bool wants_carbons_ = false;
  ServedRange served_;
  std::shared_ptr<const pubsub::Capabilities> capabilities_;
  std::set<Jid> directed_;
  int gates_ = 0;                        ///< pauses that hold
  std::unique_ptr<HeldBack> held_back_;  ///< while the client is inactive
  std::unique_ptr<ManagedStream> stream_;
  std::unique_ptr<SleepingLink> sleep_;  ///< what link_ points to meanwhile
};

}  // namespace vestnik
