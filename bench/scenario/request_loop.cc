#include "bench/scenario/request_loop.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <charconv>

namespace vestnik::bench {
namespace {

constexpr char kIdMark = 't';  // our ids are this and the time at which the request was due

std::optional<Clock::time_point> due_of(std::string_view id) {
  std::int64_t due = 0;
  if (id.empty() || id[0] != kIdMark) return std::nullopt;
  const auto parsed = std::from_chars(id.data() + 1, id.data() + id.size(), due);
  if (parsed.ec != std::errc{}) return std::nullopt;
  return Clock::time_point(Clock::duration(due));
}

}  // namespace

void RequestLoad::add_options(CLI::App& app) {
  app.add_option("--window", window, "closed loop: requests of each user under way")
      ->check(CLI::PositiveNumber);
  app.add_option("--rate", rate, "open loop: requests per second; latency counts from when each was due");
}

std::string RequestLoad::describe() const {
  return rate > 0 ? fmt::format("open loop at {}/s", rate) : fmt::format("window {}", window);
}

RequestLoop::RequestLoop(Worker& worker, const RequestLoad& load, Write write)
    : worker_(worker),
      load_(load),
      write_(std::move(write)),
      pacer_(worker.loop(), load.rate > 0 ? worker.share_of(load.rate) : 1,
             [this](Clock::time_point due) {
               send(next_paced_, due);
               next_paced_ = (next_paced_ + 1) % sent_.size();
             }),
      sent_(worker.clients().size()) {}

void RequestLoop::start() {
  if (load_.rate > 0) return pacer_.start();
  for (std::size_t i = 0; i < sent_.size(); ++i) {
    for (std::size_t n = 0; n < load_.window; ++n) send(i, Clock::now());
  }
}

void RequestLoop::stop() {
  stopping_ = true;
  pacer_.stop();
}

void RequestLoop::finish() { worker_.tally().order.lost += outstanding_; }

void RequestLoop::on_stanza(Client& client, Element stanza) {
  if (!stanza.is("iq")) return;
  const auto due = due_of(stanza.attr("id"));
  const auto type = stanza.attr("type");
  if (!due || (type != "result" && type != "error")) return;
  --outstanding_;
  if (type == "error") {
    return worker_.tally().fail("request refused: " + describe_error(stanza), client.account().user);
  }
  const auto now = Clock::now();
  worker_.tally().record(now - *due);
  if (!stopping_ && load_.rate <= 0) send(worker_.index_of(client), now);
}

void RequestLoop::send(std::size_t index, Clock::time_point due) {
  Client& client = *worker_.clients()[index];
  const std::string id = kIdMark + std::to_string(due.time_since_epoch().count());
  request_.clear();
  write_(request_, client, id, sent_[index]++);
  client.send(request_);
  ++outstanding_;
}

}  // namespace vestnik::bench
