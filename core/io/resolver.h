#pragma once
#include <boost/asio/posix/stream_descriptor.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/config/config.h"
#include "core/runtime/event.h"
#include "core/runtime/reactor.h"

struct ub_ctx;
struct ub_result;

namespace vestnik {

/// The record types that are asked for, with their numbers in DNS.
enum class DnsType : std::uint8_t { a = 1, aaaa = 28, srv = 33, tlsa = 52 };

/// What DNS said.
struct DnsAnswer {
  std::vector<std::string> data = {};  ///< of each record, as it stands on the wire
  std::string failure = {};  ///< why there is no answer: `timeout`; empty if there is, if only "none"
  bool secure = false;       ///< verified from the trust anchor on, if only that there is none (DNSSEC)
  bool bogus = false;        ///< it should be verifiable, and is not
};

/// A question under way. Wait for `done` once, then read `answer`.
struct DnsQuery {
  DnsQuery(Reactor& reactor, std::function<void()> on_timeout)
      : done(reactor), patience(std::move(on_timeout)) {}
  DnsQuery(const DnsQuery&) = delete;
  DnsQuery& operator=(const DnsQuery&) = delete;

  DnsAnswer answer;
  Event done;
  Timer patience;
};

/// Asks DNS without blocking, by libunbound: its thread asks (and validates, given a trust anchor), keeps
/// answers for as long as they may be kept, and rings a descriptor that this reactor watches. `[dns]` says
/// whom it asks and what it knows by itself. The reactor's thread only, the constructor aside.
///
///   auto query = resolver.ask("_xmpp-server._tcp.example.org", DnsType::srv);
///   co_await query->done.wait();
class Resolver {
 public:
  /// Throws std::runtime_error that names the setting that libunbound refuses.
  Resolver(Reactor& reactor, const DnsConfig& config);
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  /// Starts watching for answers; on the reactor's thread.
  void start();
  /// `name` in A-labels. Answered within dns.timeout, one way or the other.
  std::shared_ptr<DnsQuery> ask(const std::string& name, DnsType type);
  /// Ends all questions with a failure; further ones fail at once.
  void close();

 private:
  struct Asked;
  struct ContextDeleter {
    void operator()(ub_ctx* context) const;
  };
  static void on_result(void* asked, int error, ub_result* result);
  void watch();
  void end(std::uint64_t number, DnsAnswer answer, bool cancel);

  Reactor& reactor_;
  milliseconds timeout_;
  std::unique_ptr<ub_ctx, ContextDeleter> context_;
  boost::asio::posix::basic_stream_descriptor<Executor> answers_;
  std::unordered_map<std::uint64_t, std::unique_ptr<Asked>> asked_;
  std::uint64_t count_ = 0;
  bool closed_ = false;
};

}  // namespace vestnik
