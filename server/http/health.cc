#include "server/http/health.h"

#include <fmt/format.h>

#include <chrono>
#include <memory>
#include <optional>

#include "core/runtime/event.h"
#include "shard/shard.h"

namespace vestnik::http {
namespace {

using admin::AdminContext;

// A shard that takes longer is as good as stuck: its clients wait as long.
constexpr std::chrono::milliseconds kPatience{2'000};

/// Which shards have answered; all of it belongs to the web thread.
struct RollCall {
  RollCall(Reactor& reactor, std::size_t shards) : missing(shards), done(reactor) {}
  std::size_t missing;
  Event done;
};

// Shards that do not answer in time.
Task<std::size_t> silent_shards(AdminContext* context) {
  auto call = std::make_shared<RollCall>(context->reactor, context->services.shards.size());
  for (Shard* shard : context->services.shards) {
    shard->reactor().post([call, &here = context->reactor] {
      here.post([call] {
        if (--call->missing == 0) call->done.set();
      });
    });
  }
  Timer patience([call] { call->done.set(); });
  context->reactor.set(patience, kPatience);
  co_await call->done.wait();
  co_return call->missing;
}

Response answer(Status status, std::string text) {
  Response made = text_response(status, std::move(text));
  made.set(Field::cache_control, "no-store");
  return made;
}

Response roll_called(std::size_t silent, const AdminContext* context) {
  if (silent == 0) return answer(Status::ok, "ok");
  return answer(Status::service_unavailable,
                fmt::format("{} of {} shards do not answer", silent, context->services.shards.size()));
}

Task<Response> alive(AdminContext* context) {
  const std::size_t silent = co_await silent_shards(context);
  co_return roll_called(silent, context);
}

Task<Response> ready(AdminContext* context) {
  const storage::Status store = context->services.storage.status();
  if (store.state != storage::State::ok) {
    co_return answer(Status::service_unavailable, "the storage does not take writes");
  }
  const std::size_t silent = co_await silent_shards(context);
  co_return roll_called(silent, context);
}

}  // namespace

void add_health(Routes& routes, AdminContext& context) {
  routes.add("/healthz", {Verb::get}, [&context](const Exchange& /*any*/) { return alive(&context); });
  routes.add("/readyz", {Verb::get}, [&context](const Exchange& /*any*/) { return ready(&context); });
}

}  // namespace vestnik::http
