#include "shard/stream/stream_thread.h"

#include <utility>

namespace vestnik {
namespace {

// Streams that go on reading in each turn after a congestion.
constexpr std::size_t kFromLinePerTurn = 64;
constexpr std::chrono::milliseconds kLookAfterLine{100};

}  // namespace

Task<void> StreamThread::handshake_step() {
  if (handshake_steps_ >= config_->limits.handshake_steps) {
    // Shared: at a stop the queue may outlive the waiting frame.
    auto turn = std::make_shared<Event>(reactor_);
    handshakes_.push_back(turn);
    co_await turn->wait();
  }
  ++handshake_steps_;
}

// At the end of a turn: the next one has its steps again.
void StreamThread::admit_handshakes() {
  handshake_steps_ = 0;
  for (std::uint32_t n = 0; n < config_->limits.handshake_steps && !handshakes_.empty(); ++n) {
    handshakes_.front()->set();
    handshakes_.pop_front();
  }
}

void StreamThread::advance_line() {
  if (congested_ && !line_.empty() && !line_timer_.armed()) reactor_.set(line_timer_, kLookAfterLine);
  for (std::size_t n = 0; n < kFromLinePerTurn && !congested_ && !line_.empty(); ++n) {
    auto go_on = std::move(line_.front());
    line_.pop_front();
    go_on();
  }
}

bool StreamThread::end_turn() {
  admit_handshakes();
  advance_line();
  const bool worked = !dirty_.empty();
  // Index loop: flushing may end a stream, whose end makes others dirty.
  for (std::size_t i = 0; i < dirty_.size(); ++i) {
    const std::shared_ptr<Flushable> link = std::move(dirty_[i]);
    link->flush();
  }
  dirty_.clear();
  return worked;
}

std::unique_ptr<xml::Document> StreamThread::take_document() {
  if (documents_.empty()) return std::make_unique<xml::Document>();
  auto document = std::move(documents_.back());
  documents_.pop_back();
  return document;
}

void StreamThread::give_document(std::unique_ptr<xml::Document> document) {
  document->clear();
  documents_.push_back(std::move(document));
}

}  // namespace vestnik
