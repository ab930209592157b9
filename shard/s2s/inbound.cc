#include "shard/s2s/inbound.h"

#include <fmt/format.h>

#include <charconv>
#include <utility>

#include "proto/xep/sm.h"
#include "shard/s2s/s2s_shard.h"
#include "shard/s2s/server_stream.h"

namespace vestnik::s2s {
namespace {

constexpr std::chrono::milliseconds kAnswerWithin{250};    // RULES 3
constexpr std::chrono::milliseconds kResumeWithin{5'000};  // likewise
// Streams that nobody resumes are forgotten in time; until then there may be as many as this.
constexpr std::size_t kMaxKept = 20'000;

}  // namespace

Inbound::Inbound(InboundTable& table, std::uint64_t number, std::string id, std::string remote)
    : table_(table),
      number_(number),
      id_(std::move(id)),
      remote_(std::move(remote)),
      patience_([this] { on_patience_over(); }),
      expiry_([this] { table_.forget(*this); }) {}

Receipt Inbound::receive() {
  S2sShard& shard = table_.shard();
  return shard.receipts().take({.session = number_,
                                .share = kWholeShare,
                                .number = count_.add(),
                                .origin = {.node = 0, .shard = shard.id()}});
}

void Inbound::settle(const ReceiptToken& token) {
  count_.settle(token.number, token.share);
  if (catching_up_ && all_handled()) return caught_up();
  answer_if_due();
}

void Inbound::on_request() {
  asked_ = true;
  asked_at_ = count_.received();
  answer_if_due();
  if (asked_ && !patience_.armed()) table_.shard().reactor().set(patience_, kAnswerWithin);
}

void Inbound::answer_if_due() {
  if (!asked_ || catching_up_ || carrier_ == nullptr || !has_reached(count_.handled(), asked_at_)) return;
  asked_ = false;
  patience_.cancel();
  answer();
}

void Inbound::answer() { carrier_->send(sm::answer(count_.handled())); }

void Inbound::resume(ServerStream& carrier) {
  expiry_.cancel();
  ServerStream* const old = std::exchange(carrier_, &carrier);
  if (old != nullptr && old != &carrier) old->abort("resumed by another connection");
  catching_up_ = true;
  if (all_handled()) return caught_up();
  table_.shard().reactor().set(patience_, kResumeWithin);
}

void Inbound::caught_up() {
  catching_up_ = false;
  asked_ = false;
  patience_.cancel();
  carrier_->on_caught_up(count_.handled());
}

void Inbound::on_patience_over() {
  if (carrier_ == nullptr) return;
  if (!catching_up_) return answer();  // and once more when the rest is handled
  catching_up_ = false;
  std::exchange(carrier_, nullptr)->on_not_caught_up(count_.handled());
}

void Inbound::lose_carrier() {
  carrier_ = nullptr;
  catching_up_ = asked_ = false;
  patience_.cancel();
  S2sShard& shard = table_.shard();
  if (id_.empty()) return table_.forget(*this);
  shard.reactor().set(expiry_, shard.config().s2s.resume_timeout);
}

std::shared_ptr<Inbound> InboundTable::open(std::string remote, bool resumable) {
  const std::uint64_t number = ++last_number_;
  std::string id = resumable && all_.size() < kMaxKept ? fmt::format("{}-{}", number, shard_.new_id()) : "";
  auto inbound = std::make_shared<Inbound>(*this, number, std::move(id), std::move(remote));
  all_.emplace(number, inbound);
  return inbound;
}

std::shared_ptr<Inbound> InboundTable::find(std::string_view id, std::string_view remote) const {
  std::uint64_t number = 0;
  std::from_chars(id.data(), id.data() + id.size(), number);
  const auto found = all_.find(number);
  if (found == all_.end() || found->second->id() != id || found->second->remote() != remote) return nullptr;
  return found->second;
}

void InboundTable::settle(const ReceiptToken& token) {
  const auto found = all_.find(token.session);
  if (found != all_.end()) found->second->settle(token);
}

}  // namespace vestnik::s2s
