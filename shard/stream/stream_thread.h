#pragma once
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "core/config/config.h"
#include "core/io/io_buffers.h"
#include "core/log/log.h"
#include "core/runtime/event.h"
#include "core/runtime/reactor.h"
#include "core/runtime/task_scope.h"
#include "core/runtime/timer_wheel.h"
#include "proto/xml/document.h"

namespace vestnik {

/// A connection with output waiting.
class Flushable {
 public:
  virtual ~Flushable() = default;
  virtual void flush() = 0;
};

/// What a thread has for the streams that live on it, whether it is a worker or the S2S shard's: the event
/// loop, buffers and documents that they share, the flush at the end of a turn, and the marks at which they
/// stop reading. Its own thread only.
class StreamThread {
 public:
  StreamThread(Log& log, std::shared_ptr<const Config> config)
      : log_(log), config_(std::move(config)), tasks_(reactor_, log) {}
  StreamThread(const StreamThread&) = delete;
  StreamThread& operator=(const StreamThread&) = delete;

  Reactor& reactor() { return reactor_; }
  const Reactor& reactor() const { return reactor_; }
  IoBuffers& buffers() { return buffers_; }
  TaskScope& tasks() { return tasks_; }
  Log& log() { return log_; }
  const Config& config() const { return *config_; }
  void set_config(std::shared_ptr<const Config> config) { config_ = std::move(config); }

  /// Whether streams are to stop reading (RULES 4); looked at by the thread's owner once a turn.
  bool congested() const { return congested_; }
  void set_congested(bool congested) { congested_ = congested; }
  /// A stream that stops reading because of that gets in line: `go_on` is called when it is over, a few at
  /// each turn, so that they come back in order and not all at once.
  void wait_in_line(std::move_only_function<void()> go_on) { line_.push_back(std::move(go_on)); }
  /// Waits for a place among the TLS handshake steps of this turn (limits.handshake_steps): each costs as
  /// much as a hundred messages, and those who are logged in go first.
  Task<void> handshake_step();
  /// A connection that has something to write; flush() is called once at the end of the turn. It stays alive
  /// until then.
  void flush_later(std::shared_ptr<Flushable> link) { dirty_.push_back(std::move(link)); }
  /// A document of the thread's stack; to be given back before anything suspends.
  std::unique_ptr<xml::Document> take_document();
  void give_document(std::unique_ptr<xml::Document> document);

  /// The end of a turn: lets handshakes go on in the next one and writes what waits. True if there was
  /// anything to write.
  bool end_turn();
  /// Lets go of what waits to be written, before what it refers to is destroyed.
  void forget_output() { dirty_.clear(); }

 private:
  void admit_handshakes();
  void advance_line();

  Log& log_;
  std::shared_ptr<const Config> config_;
  Reactor reactor_;
  IoBuffers buffers_;
  TaskScope tasks_;
  std::vector<std::shared_ptr<Flushable>> dirty_;
  std::vector<std::unique_ptr<xml::Document>> documents_;
  std::uint32_t handshake_steps_ = 0;              ///< taken in this turn
  std::deque<std::shared_ptr<Event>> handshakes_;  ///< waiting for the next turns
  bool congested_ = false;
  std::deque<std::move_only_function<void()>> line_;  ///< waits for the end of the congestion
  Timer line_timer_{[] {}};  ///< makes turns that look after it when nothing else does
};

}  // namespace vestnik
