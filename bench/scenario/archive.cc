#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "bench/load/stamp.h"
#include "bench/load/worker.h"
#include "bench/scenario/scenarios.h"
#include "bench/xmpp/archive.h"

namespace vestnik::bench {
namespace {

struct ArchiveOptions {
  std::size_t messages = 100;  ///< that each archive holds at least; 0: as they are, a page or more
  std::size_t page = 50;
  std::size_t readers = 0;  ///< 0: everybody
  bool with_partner = false;
};

/// Everybody reads the last page of the own archive, again and again. Users 2n and 2n+1 share a conversation
/// that the even one writes before the measurement, its messages numbered.
class ArchiveReads final : public Scenario {
 public:
  ArchiveReads(Worker& worker, const ArchiveOptions& options)
      : worker_(worker),
        options_(options),
        readers_(worker.clients().size()),
        reading_(options.readers == 0 ? readers_.size()
                                      : std::min(readers_.size(), worker.share_of(options.readers))) {}

  Task<> prepare(Client& client) override {
    const std::size_t index = worker_.index_of(client);
    Client& partner = *worker_.clients()[index ^ 1U];
    if (index % 2 != 0 || options_.messages == 0) co_return;
    client.step("looking how much the archive holds");
    const std::size_t held = co_await count_archived(client);
    client.step("filling the archive");
    readers_[index ^ 1U].live = held;
    for (std::size_t number = held; number < options_.messages; ++number) {
      std::string message =
          fmt::format("<message to='{}' type='chat' id='{}{}'><body>", partner.jid(), kIdMark, number);
      Stamp{.number = number, .due = Clock::now()}.append_to(message, 100);
      client.send(message + "</body></message>");
      const bool last = number + 1 == options_.messages;
      while ((last || number % kBurst == 0) && readers_[index ^ 1U].live <= number) {
        co_await client.signalled();
      }
    }
  }

  void start() override {
    for (std::size_t i = 0; i < reading_; ++i) ask(i);
  }
  void stop() override { stopping_ = true; }
  bool drained() const override { return outstanding_ == 0; }
  void finish() override { worker_.tally().order.lost += outstanding_; }

  void on_stanza(Client& client, Element stanza) override {
    Reader& reader = readers_[worker_.index_of(client)];
    if (stanza.is("iq") && stanza.attr("id") == kQueryId) return on_end(client, reader, stanza);
    if (!stanza.is("message")) return;
    if (!reader.asked && stanza.attr("id").starts_with(kIdMark)) {
      ++reader.live;
      return worker_.clients()[worker_.index_of(client) ^ 1U]->signal();
    }
    if (!reader.asked || !stanza.contains("<result")) return;
    ++reader.results;
    if (stanza.find("message").attr("id").starts_with(kIdMark))
      check_order(reader, stanza.find("body").text());
  }

 private:
  static constexpr std::size_t kBurst = 20;  ///< messages that are written before the last has to arrive
  static constexpr std::string_view kQueryId = "page";
  static constexpr char kIdMark = 'm';  ///< begins the ids of the messages that prepare() wrote

  struct Reader {
    std::optional<Clock::time_point> asked;
    std::size_t live = 0;  ///< messages of the conversation that have come or were there before
    std::size_t results = 0;
    std::optional<std::uint64_t> last;  ///< number of the one before
  };

  void check_order(Reader& reader, std::string_view body) {
    const auto stamp = Stamp::parse(body);
    if (!stamp) return;
    OrderErrors& errors = worker_.tally().order;
    if (reader.last && stamp->number < *reader.last) ++errors.reordered;
    if (reader.last && stamp->number == *reader.last) ++errors.duplicated;
    reader.last = stamp->number;
  }

  void ask(std::size_t index) {
    Reader& reader = readers_[index];
    reader.asked = Clock::now();
    reader.results = 0;
    reader.last.reset();
    const Client& partner = *worker_.clients()[index ^ 1U];
    worker_.clients()[index]->send(
        last_page_query(kQueryId, options_.page, options_.with_partner ? partner.bare_jid() : ""));
    ++outstanding_;
  }

  void on_end(Client& client, Reader& reader, Element iq) {
    if (!reader.asked) return;
    --outstanding_;
    if (iq.attr("type") == "error") {
      return worker_.tally().fail("query refused: " + describe_error(iq), client.account().user);
    }
    const bool whole = options_.messages == 0;
    const std::size_t expected = whole ? options_.page : std::min(options_.page, options_.messages);
    if (reader.results < expected) worker_.tally().order.lost += expected - reader.results;
    worker_.tally().record(Clock::now() - *reader.asked);
    reader.asked.reset();
    if (!stopping_) ask(worker_.index_of(client));
  }

  Worker& worker_;
  const ArchiveOptions& options_;
  std::vector<Reader> readers_;
  std::size_t reading_;  ///< of them ask
  std::uint64_t outstanding_ = 0;
  bool stopping_ = false;
};

class ArchivePlan final : public Plan {
 public:
  std::string_view name() const override { return "archive"; }
  std::string_view summary() const override {
    return "reads of the last page of archives (XEP-0313); for writes: chat without --no-store, stored";
  }
  std::string_view operation() const override { return "page"; }

  void add_options(CLI::App& app) override {
    app.add_option(
        "--messages", options_.messages,
        "messages that each archive is given first, at least (0: none, and whole pages must come)");
    app.add_option("--page", options_.page, "messages of a page")->check(CLI::Range(1U, 1'000U));
    app.add_option("--readers", options_.readers, "users that read (default: all)");
    app.add_flag("--with-partner", options_.with_partner, "ask for the messages with the partner only");
  }

  std::string describe() const override {
    if (options_.messages == 0) return fmt::format("pages of {} from archives as they are", options_.page);
    return fmt::format("pages of {} from archives of {} and more", options_.page, options_.messages);
  }

  std::optional<std::string> refuse(const Options& options) const override {
    if (options.users % 2 != 0) return "archive needs an even number of users";
    if (options.users / 2 < options.threads) return "archive needs at least two users on each thread";
    return std::nullopt;
  }

  std::unique_ptr<Scenario> make(Worker& worker) const override {
    return std::make_unique<ArchiveReads>(worker, options_);
  }

 private:
  ArchiveOptions options_;
};

}  // namespace

std::unique_ptr<Plan> make_archive_plan() { return std::make_unique<ArchivePlan>(); }

}  // namespace vestnik::bench
