#include "shard/session/session.h"

#include <utility>

#include "shard/shard.h"

namespace vestnik {

Session::Session(Account& account, Jid full, ClientLink& link, std::uint64_t id,
                 std::chrono::system_clock::time_point since)
    : account_(account), jid_(std::move(full)), link_(&link), id_(id), since_(since) {}

void Session::send(const Stanza& stanza) {
  if (is_plain()) return put(stanza);
  send(std::make_shared<const Stanza>(stanza.clone()));
}

void Session::send(Stanza&& stanza) {
  if (is_plain()) return put(stanza);
  send(std::make_shared<const Stanza>(std::move(stanza)));
}

void Session::send(std::shared_ptr<const Stanza> stanza, std::shared_ptr<Delivery> delivery) {
  if (held_back_) {
    if (!delivery && held_back_->hold(stanza)) return;
    release_held();
  }
  write(std::move(stanza), std::move(delivery));
}

void Session::put(const Stanza& stanza) {
  ++account_.shard().counters().to_clients[stanza.kind()];
  link_->send(stanza.wire());
}

void Session::release_held() {
  for (auto& stanza : held_back_->release()) write(std::move(stanza), nullptr);
}

void Session::set_inactive() {
  if (!held_back_) held_back_ = std::make_unique<HeldBack>();
}

void Session::set_active() {
  if (!held_back_) return;
  release_held();
  held_back_.reset();
}

void Session::write(std::shared_ptr<const Stanza> stanza, std::shared_ptr<Delivery> delivery) {
  if (stream_) {
    return stream_->send({std::move(stanza), std::move(delivery), account_.shard().reactor().wall_now()});
  }
  put(*stanza);
  if (!delivery) return;
  link_->when_written(
      [delivery = std::move(delivery)](bool written) { written ? delivery->delivered() : delivery->lost(); });
}

void Session::pause_input() {
  ++gates_;
  link_->pause_input();
}

void Session::resume_input() {
  --gates_;
  link_->resume_input();
}

void Session::manage_stream(std::string id, std::chrono::milliseconds resume_timeout) {
  stream_ = std::make_unique<ManagedStream>(*this, std::move(id), resume_timeout);
  account_.shard().streams().add(*this);
}

void Session::fall_asleep(std::chrono::milliseconds patience) {
  if (!sleep_) sleep_ = std::make_unique<SleepingLink>(account_.shard(), *this, patience);
  sleep_->extend(patience);
  link_ = sleep_.get();
}

void Session::wake_up(ClientLink& link) {
  sleep_.reset();
  link_ = &link;
  for (int gate = 0; gate < gates_; ++gate) link.pause_input();
}

void Session::set_available(Stanza presence, int priority) {
  presence_ = std::move(presence);
  priority_ = priority;
}

void Session::set_unavailable() {
  presence_.reset();
  priority_ = 0;
}

}  // namespace vestnik
