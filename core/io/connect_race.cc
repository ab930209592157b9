#include "core/io/connect_race.h"

#include <fmt/format.h>

#include <boost/asio/as_tuple.hpp>
#include <utility>

namespace vestnik {
namespace {

constexpr std::chrono::milliseconds kHeadStart{200};

}  // namespace

ConnectRace::ConnectRace(Reactor& reactor, TaskScope& tasks, std::vector<Endpoint> endpoints)
    : reactor_(reactor), tasks_(tasks), state_(std::make_shared<State>(reactor)) {
  state_->endpoints = std::move(endpoints);
  state_->sockets.reserve(state_->endpoints.size());  // attempts hold references
}

Task<void> ConnectRace::attempt(std::shared_ptr<State> state, std::size_t index) {
  const Endpoint endpoint = state->endpoints[index];
  auto [error] = co_await state->sockets[index].async_connect(endpoint, boost::asio::as_tuple(kAwait));
  --state->running;
  if (!error && !state->over && !state->winner) {
    state->winner = index;
  } else if (error != boost::asio::error::operation_aborted) {
    state->failures.push_back(
        fmt::format("{} port {}: {}", endpoint.address().to_string(), endpoint.port(), error.message()));
  }
  state->progress.set();
}

Task<std::optional<std::size_t>> ConnectRace::run(std::chrono::milliseconds patience) {
  State& state = *state_;
  bool next_may_start = true;
  Timer head_start([&] {
    next_may_start = true;
    state.progress.set();
  });
  Timer deadline([&] {
    state.failures.emplace_back("no connection in time");
    cancel();
  });
  reactor_.set(deadline, patience);
  while (!state.winner && !state.over) {
    const std::size_t next = state.sockets.size();
    if (next == state.endpoints.size() && state.running == 0) break;
    if (next < state.endpoints.size() && (next_may_start || state.running == 0)) {
      next_may_start = false;
      state.sockets.emplace_back(reactor_.executor());
      ++state.running;
      tasks_.spawn("connect", attempt(state_, next));
      reactor_.set(head_start, kHeadStart);
    }
    co_await state.progress.wait();
  }
  state.over = true;
  close_all_but_winner();
  co_return state.winner;
}

Transport::Socket ConnectRace::take_socket() { return std::move(state_->sockets[*state_->winner]); }

void ConnectRace::close_all_but_winner() {
  boost::system::error_code error;
  for (std::size_t i = 0; i < state_->sockets.size(); ++i) {
    if (state_->winner != i) state_->sockets[i].close(error);
  }
}

void ConnectRace::cancel() {
  state_->over = true;
  close_all_but_winner();
  state_->progress.set();
}

}  // namespace vestnik
