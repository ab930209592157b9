#pragma once
#include <cstdint>

#include "core/storage/error.h"
#include "core/storage/stores.h"

namespace vestnik::storage {

/// The connection was lost at a commit: nobody knows whether it has happened.
class Uncertain final : public Failure {
 public:
  using Failure::Failure;
};

/// A connection to a back-end's database with the stores on it, as the engine's threads use it: one thread at
/// a time, one transaction at a time. What fails throws Failure.
class Session {
 public:
  virtual ~Session() = default;

  virtual Stores& stores() = 0;

  /// Opens the transaction: a snapshot for a session that reads. A connection that was lost is made anew.
  virtual void begin() = 0;
  /// When it returns, everything the transaction has written is as durable as the configuration says. May
  /// throw Uncertain.
  virtual void commit() = 0;
  /// Ends the transaction if one is open. One that cannot be ended is the next begin()'s business.
  virtual void roll_back() noexcept = 0;
};

/// The session that writes.
class WriteSession : public Session {
 public:
  /// A part of the transaction that can fail alone: mark(), its writes, and then either keep() or undo().
  virtual void mark() = 0;
  /// Throws what has gone wrong since mark(); then undo() has to follow.
  virtual void keep() = 0;
  virtual void undo() = 0;

  /// Called between two transactions, for what a back-end has to do there.
  virtual void rest() {}
  /// Of the write-ahead log, if that is ours to watch.
  virtual std::uint64_t log_bytes() const { return 0; }
  /// What the engine keeps in this process's memory, above all pages of the database.
  virtual std::uint64_t cache_bytes() const { return 0; }
};

/// A transaction of a session; rolled back unless committed.
class SessionTransaction {
 public:
  explicit SessionTransaction(Session& session) : session_(session) { session_.begin(); }
  ~SessionTransaction() { session_.roll_back(); }
  SessionTransaction(const SessionTransaction&) = delete;
  SessionTransaction& operator=(const SessionTransaction&) = delete;

  void commit() { session_.commit(); }

 private:
  Session& session_;
};

}  // namespace vestnik::storage
