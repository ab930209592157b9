#include "shard/feature/iq_request.h"

#include <utility>

#include "proto/base/assert.h"
#include "proto/stanza/reply.h"
#include "shard/shard.h"

namespace vestnik {

IqReply::IqReply(Shard& shard, Stanza request)
    : shard_(&shard), request_(std::move(request)), receipt_(shard.receipts().part()) {}

IqReply::IqReply(IqReply&& other) noexcept
    : shard_(std::exchange(other.shard_, nullptr)),
      request_(std::move(other.request_)),
      receipt_(std::move(other.receipt_)) {}

IqReply::~IqReply() {
  // What a stopping shard still holds is dropped with it: there is nobody left to tell.
  if (shard_ != nullptr && !shard_->stopping())
    error(StanzaCondition::internal_server_error, "the server gave up on this request");
}

void IqReply::answer(Stanza reply) {
  VESTNIK_ASSERT(shard_ != nullptr);
  Shard& shard = *std::exchange(shard_, nullptr);
  const ReceiptScope scope(shard.receipts(), std::move(receipt_));
  shard.route(std::move(reply));
}

void IqReply::result(std::string_view payload) { answer(make_result(request_, payload)); }

void IqReply::error(StanzaCondition condition, std::string_view text, std::string_view app) {
  answer(make_error(request_, condition, text, app));
}

void IqRequest::result(std::string_view payload) { defer().result(payload); }

void IqRequest::error(StanzaCondition condition, std::string_view text, std::string_view app) {
  defer().error(condition, text, app);
}

IqReply IqRequest::defer() {
  VESTNIK_ASSERT(!answered_);
  answered_ = true;
  return {shard_, stanza_.clone()};
}

}  // namespace vestnik
