#pragma once
#include <cstddef>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "server/admin/await.h"
#include "server/admin/context.h"
#include "shard/shard.h"

namespace vestnik::admin {

/// Runs `query`, T(AnyShard&), on the thread of a shard, of clients or of other servers, and waits for the
/// result. None if it is stopping.
template <typename T, typename AnyShard, typename Query>
Task<std::optional<T>> on_shard(AdminContext* context, AnyShard* shard, Query query) {
  auto start = [&query, shard](Delivery<T> deliver) {
    shard->reactor().post([query = std::move(query), shard, deliver = std::move(deliver)]() mutable {
      deliver(query(*shard));
    });
  };
  std::optional<T> result = co_await await_result<T>(context->reactor, start);
  co_return result;
}

/// The same on every shard, one after the other; the results in their order. None if one is stopping.
template <typename T, typename Query>
Task<std::optional<std::vector<T>>> on_all_shards(AdminContext* context, Query query) {
  std::vector<T> results;
  for (Shard* shard : context->services.shards) {
    std::optional<T> result = co_await on_shard<T>(context, shard, query);
    if (!result) co_return std::nullopt;
    results.push_back(*std::move(result));
  }
  co_return results;
}

/// Runs `query`, T(Shard&), on the thread of the shard that owns an account.
template <typename T, typename Query>
Task<std::optional<T>> on_owner(AdminContext* context, std::string bare, Query query) {
  Shard* shard = context->services.shards[context->services.map.owner(bare).shard];
  std::optional<T> result = co_await on_shard<T>(context, shard, std::move(query));
  co_return result;
}

/// Runs `change`, T(Stores&), as a write of `owner` and waits for its commit.
template <typename T, typename Change>
Task<Result<T, storage::Error>> write(AdminContext* context, std::string owner, Change change) {
  using Outcome = Result<T, storage::Error>;
  auto start = [&](Delivery<Outcome> deliver) {
    context->services.storage.write({.owner = owner, .bytes = 1'024}, std::move(change), std::move(deliver));
  };
  std::optional<Outcome> outcome = co_await await_result<Outcome>(context->reactor, start);
  if (!outcome) co_return Err(storage::Error{storage::ErrorKind::closed, "the storage is closed"});
  co_return *std::move(outcome);
}

/// Runs `query`, T(Stores&), as a read and waits for its result.
template <typename T, typename Query>
Task<Result<T, storage::Error>> read(AdminContext* context, Query query) {
  using Outcome = Result<T, storage::Error>;
  auto start = [&](Delivery<Outcome> deliver) {
    context->services.storage.read(storage::kNoWrite, std::move(query), std::move(deliver));
  };
  std::optional<Outcome> outcome = co_await await_result<Outcome>(context->reactor, start);
  if (!outcome) co_return Err(storage::Error{storage::ErrorKind::closed, "the storage is closed"});
  co_return *std::move(outcome);
}

}  // namespace vestnik::admin
