#include "shard/receipts/receipt.h"

namespace vestnik {
namespace {

// A part gets a small slice, so that a holder can hand out thousands; the last of it goes in halves.
constexpr unsigned kSliceBits = 16;

std::uint64_t slice_of(std::uint64_t share) {
  const std::uint64_t slice = share >> kSliceBits;
  return slice > 1 ? slice : share / 2;
}

}  // namespace

Receipt& Receipt::operator=(Receipt&& other) noexcept {
  if (this != &other) {
    settle();
    desk_ = other.desk_;
    token_ = other.release();
  }
  return *this;
}

Receipt Receipt::split() {
  ReceiptToken part = token_;
  part.share = slice_of(token_.share);
  if (part.share == 0) return {};
  token_.share -= part.share;
  return {*desk_, part};
}

void Receipt::settle() {
  if (token_.session == 0) return;
  const ReceiptToken done = release();
  auto& waiting = desk_->settled_[done.origin.shard];
  if (!waiting.empty() && waiting.back().session == done.session && waiting.back().number == done.number) {
    waiting.back().share += done.share;
  } else {
    waiting.push_back(done);
  }
}

}  // namespace vestnik
