#include "shard/pubsub/last_item_reader.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "shard/pubsub/account_nodes.h"
#include "shard/pubsub/last_items.h"
#include "shard/shard.h"

namespace vestnik::pubsub {
namespace {

constexpr std::size_t kAccountsPerJob = 50;

}  // namespace

void LastItemReader::read(Account& account, const Jid& resource, const SharedNames& nodes,
                          storage::UnixMillis since) {
  if (wishes_.empty()) shard_.reactor().at_turn_end([this] { flush(); });
  after_ = std::max(after_, account.last_write());
  const LastItemCache::Generation generation = account.nodes().last_items.generation();
  // Many who come at once want the same of a common contact.
  const auto same = std::ranges::find_if(wishes_, [&](const Wish& wish) {
    return wish.nodes == nodes && wish.since == since && wish.generation == generation &&
           wish.owner == account.jid();
  });
  if (same != wishes_.end()) return same->resources.push_back(resource);
  wishes_.push_back({.owner = account.jid(),
                     .nodes = nodes,
                     .since = since,
                     .generation = generation,
                     .resources = {resource}});
}

void LastItemReader::flush() {
  std::vector<Wish> wishes = std::exchange(wishes_, {});
  for (auto begin = wishes.begin(); begin != wishes.end();) {
    const auto end = begin + std::min<std::ptrdiff_t>(kAccountsPerJob, wishes.end() - begin);
    start({std::make_move_iterator(begin), std::make_move_iterator(end)});
    begin = end;
  }
}

void LastItemReader::start(std::vector<Wish> some) {
  const auto wishes = std::make_shared<const std::vector<Wish>>(std::move(some));
  shard_.read_after(
      after_,
      [wishes](storage::Stores& stores) {
        std::vector<LastItems> found;
        for (const Wish& wish : *wishes)
          found.push_back(last_items(stores.pubsub(), wish.owner.full(), *wish.nodes));
        return found;
      },
      [this, wishes](Result<std::vector<LastItems>, storage::Error> found) {
        // Else they are sent when the resource comes back, as everything that is published anew.
        if (found) take(wishes, *std::move(found));
      });
}

void LastItemReader::take(const Wishes& wishes, std::vector<LastItems> found) {
  for (std::size_t index = 0; index < wishes->size(); ++index) {
    const Wish& wanted = (*wishes)[index];
    // std::function wants to be copyable.
    const auto items = std::make_shared<LastItems>(std::move(found[index]));
    shard_.with_account(wanted.owner, [wishes, &wanted, items](Account* account) {
      if (account == nullptr) return;
      // If a node has changed meanwhile, this asks again: an older item must not follow a newer one.
      account->nodes().last_items.put(wanted.generation, *wanted.nodes, std::move(*items));
      for (const Jid& resource : wanted.resources)
        show_last_items(*account, resource, wanted.nodes, wanted.since);
    });
  }
}

}  // namespace vestnik::pubsub
