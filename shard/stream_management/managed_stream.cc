#include "shard/stream_management/managed_stream.h"

#include <utility>

#include "proto/xep/sm.h"
#include "shard/session/session.h"
#include "shard/shard.h"

namespace vestnik {
namespace {

// Stanzas that need no quick answer are asked for together.
constexpr std::size_t kAskAfter = 16;

}  // namespace

ManagedStream::ManagedStream(Session& session, std::string id, std::chrono::milliseconds resume_timeout)
    : session_(session), id_(std::move(id)), resume_timeout_(resume_timeout) {}

void ManagedStream::touch() {
  if (!std::exchange(touched_, true)) session_.account().shard().streams().touched(session_);
}

Receipt ManagedStream::receive() {
  Shard& shard = session_.account().shard();
  return shard.receipts().take({.session = session_.id(),
                                .share = kWholeShare,
                                .number = incoming_.add(),
                                .origin = {.node = 0, .shard = shard.id()}});
}

void ManagedStream::settle(const ReceiptToken& token) {
  incoming_.settle(token.number, token.share);
  if (waiter_ && incoming_.handled() == incoming_.received()) waiter_->set();
  if (answer_due_ || answer_owed_) touch();
}

void ManagedStream::when_handled(std::shared_ptr<Event> waiter) {
  if (waiter_) waiter_->set();
  waiter_ = std::move(waiter);
  if (incoming_.handled() == incoming_.received()) waiter_->set();
}

bool ManagedStream::claim(const std::shared_ptr<Event>& waiter) {
  if (waiter_ != waiter) return false;
  waiter_.reset();
  return true;
}

void ManagedStream::on_request() {
  answer_next_ = incoming_.received();
  if (answer_due_) return;
  answer_due_ = true;
  answer_at_ = answer_next_;
  touch();
  if (incoming_.handled() != answer_at_) session_.account().shard().streams().answer_later(session_);
}

void ManagedStream::answer() {
  answered_ = incoming_.handled();
  session_.link().send(sm::answer(answered_));
}

void ManagedStream::answer_now() {
  if (!answer_due_) return;
  answer_due_ = false;
  answer();
  answer_owed_ = !has_reached(answered_, answer_next_);
}

bool ManagedStream::on_answer(std::uint32_t h) {
  if (!outgoing_.acknowledge(h)) return false;
  if (asked_ && has_reached(h, asked_at_)) asked_ = false;
  if (!outgoing_.empty()) touch();
  return true;
}

void ManagedStream::send(Unacked stanza) {
  const Stanza& one = *stanza.stanza;
  urgent_ = urgent_ || one.is_message() || one.is_request() || stanza.delivery != nullptr;
  session_.put(one);
  outgoing_.push(std::move(stanza));
  touch();
}

void ManagedStream::resend() {
  for (const Unacked& unacked : outgoing_.stanzas()) session_.put(*unacked.stanza);
  asked_ = false;
  answer_due_ = answer_owed_ = false;  // what was asked on the old connection, <resumed/> has answered
  urgent_ = !outgoing_.empty();
  asked_at_ = outgoing_.acknowledged();
  touch();
}

void ManagedStream::ask_now() {
  if (!asked_ && !outgoing_.empty()) ask();
}

void ManagedStream::ask() {
  asked_ = true;
  urgent_ = false;
  asked_at_ = outgoing_.sent();
  session_.link().send(sm::kRequest);
  session_.link().expect_sign_of_life();
}

void ManagedStream::end_turn() {
  touched_ = false;
  if (answer_due_ && has_reached(incoming_.handled(), answer_at_)) {
    answer();
    answer_due_ = !has_reached(answered_, answer_next_);
    answer_at_ = answer_next_;
    if (answer_due_) session_.account().shard().streams().answer_later(session_);
  } else if (answer_owed_ && !answer_due_ && has_reached(incoming_.handled(), answer_next_)) {
    answer_owed_ = false;
    answer();
  }
  if (asked_ || outgoing_.empty()) return;
  if (urgent_ || outgoing_.size() >= kAskAfter) return ask_now();
  session_.account().shard().streams().ask_later(session_);
}

}  // namespace vestnik
