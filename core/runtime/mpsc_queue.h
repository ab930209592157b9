#pragma once
#include <atomic>

namespace vestnik {

/// Base of what an MpscQueue holds.
struct MpscNode {
  std::atomic<MpscNode*> next{nullptr};
};

/// Vyukov's intrusive queue: any thread pushes without a lock or a loop, one thread pops. The queue does not
/// own nodes.
///
/// A push has a moment at which it is half done: the tail has moved, the link is not yet written. try_pop()
/// then gives null although empty() is false; the consumer must come back instead of going to sleep.
class MpscQueue {
 public:
  MpscQueue() : head_(&stub_), tail_(&stub_) {}
  MpscQueue(const MpscQueue&) = delete;
  MpscQueue& operator=(const MpscQueue&) = delete;

  /// Any thread. Sequentially consistent, so that it is ordered against a look at the consumer's sleep flag.
  void push(MpscNode* node) {
    node->next.store(nullptr, std::memory_order_relaxed);
    MpscNode* previous = tail_.exchange(node, std::memory_order_seq_cst);
    previous->next.store(node, std::memory_order_release);
  }

  /// The consumer's thread. Null: empty, or the next push is half done.
  MpscNode* try_pop() {
    MpscNode* head = head_;
    MpscNode* next = head->next.load(std::memory_order_acquire);
    if (head == &stub_) {
      if (next == nullptr) return nullptr;
      head_ = next;
      head = next;
      next = head->next.load(std::memory_order_acquire);
    }
    if (next != nullptr) {
      head_ = next;
      return head;
    }
    if (head != tail_.load(std::memory_order_acquire)) return nullptr;
    push(&stub_);  // `head` is the last node: put the stub behind it so that it can be taken out
    next = head->next.load(std::memory_order_acquire);
    if (next == nullptr) return nullptr;
    head_ = next;
    return head;
  }

  /// The consumer's thread.
  bool empty() const { return head_ == &stub_ && tail_.load(std::memory_order_seq_cst) == &stub_; }

 private:
  MpscNode* head_;  ///< consumer's end
  alignas(64) std::atomic<MpscNode*> tail_;
  MpscNode stub_;
};

}  // namespace vestnik
