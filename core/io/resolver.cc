#include "core/io/resolver.h"

#include <fmt/format.h>
#include <unbound.h>

#include <stdexcept>
#include <utility>

namespace vestnik {
namespace {

constexpr int kClassInternet = 1;
constexpr int kNoSuchName = 3;  // RCODEs of RFC 1035 §4.1.1

void require(int code, std::string_view key, std::string_view value) {
  if (code != 0) throw std::runtime_error(fmt::format("{} '{}': {}", key, value, ::ub_strerror(code)));
}

std::string name_of(int rcode) {
  switch (rcode) {
    case 2: return "the name server failed (SERVFAIL)";
    case 5: return "the name server refused to answer (REFUSED)";
    default: return fmt::format("the name server answered with code {}", rcode);
  }
}

DnsAnswer read_answer(int error, const ub_result* result) {
  if (error != 0) return {.failure = ::ub_strerror(error)};
  if (result->bogus != 0) {
    return {.failure = fmt::format("forged or damaged ({})", result->why_bogus), .bogus = true};
  }
  if (result->rcode != 0 && result->rcode != kNoSuchName) return {.failure = name_of(result->rcode)};
  DnsAnswer answer{.secure = result->secure != 0};
  for (int i = 0; result->data != nullptr && result->data[i] != nullptr; ++i) {
    answer.data.emplace_back(result->data[i], static_cast<std::size_t>(result->len[i]));
  }
  return answer;
}

}  // namespace

struct Resolver::Asked {
  Resolver& resolver;
  std::uint64_t number;
  std::shared_ptr<DnsQuery> query;
  int id = 0;  ///< libunbound's
};

void Resolver::ContextDeleter::operator()(ub_ctx* context) const { ::ub_ctx_delete(context); }

Resolver::Resolver(Reactor& reactor, const DnsConfig& config)
    : reactor_(reactor), timeout_(config.timeout), context_(::ub_ctx_create()), answers_(reactor.executor()) {
  ub_ctx* const context = context_.get();
  if (context == nullptr) throw std::runtime_error("libunbound cannot be set up");
  require(::ub_ctx_async(context, 1), "libunbound", "threads");
  for (const std::string& address : config.forwarders) {
    require(::ub_ctx_set_fwd(context, address.c_str()), "dns.forwarders", address);
  }
  if (config.forwarders.empty()) ::ub_ctx_resolvconf(context, nullptr);  // none: it asks the root servers
  ::ub_ctx_hosts(context, nullptr);
  for (const std::string& zone : config.zones) {
    require(::ub_ctx_zone_add(context, zone.c_str(), "static"), "dns.zones", zone);
  }
  for (const std::string& record : config.records) {
    require(::ub_ctx_data_add(context, record.c_str()), "dns.records", record);
  }
  if (!config.trust_anchor.empty()) {
    require(::ub_ctx_add_ta_file(context, config.trust_anchor.c_str()), "dns.trust_anchor",
            config.trust_anchor);
  }
}

Resolver::~Resolver() {
  if (answers_.is_open()) answers_.release();  // libunbound owns the descriptor
}

void Resolver::start() {
  answers_.assign(::ub_fd(context_.get()));
  watch();
}

void Resolver::watch() {
  answers_.async_wait(boost::asio::posix::descriptor_base::wait_read,
                      [this](const boost::system::error_code& error) {
                        if (error || closed_) return;
                        ::ub_process(context_.get());
                        watch();
                      });
}

std::shared_ptr<DnsQuery> Resolver::ask(const std::string& name, DnsType type) {
  const std::uint64_t number = ++count_;
  auto query = std::make_shared<DnsQuery>(
      reactor_, [this, number] { end(number, {.failure = "no answer in time"}, true); });
  auto asked = std::make_unique<Asked>(Asked{.resolver = *this, .number = number, .query = query});
  const int error = closed_
                        ? UB_PIPE
                        : ::ub_resolve_async(context_.get(), name.c_str(), std::to_underlying(type),
                                             kClassInternet, asked.get(), &Resolver::on_result, &asked->id);
  if (error != 0) {
    query->answer.failure = ::ub_strerror(error);
    query->done.set();
    return query;
  }
  reactor_.set(query->patience, timeout_);
  asked_.emplace(number, std::move(asked));
  return query;
}

void Resolver::on_result(void* asked, int error, ub_result* result) {
  const Asked& question = *static_cast<const Asked*>(asked);
  DnsAnswer answer = read_answer(error, result);
  ::ub_resolve_free(result);
  question.resolver.end(question.number, std::move(answer), false);
}

void Resolver::end(std::uint64_t number, DnsAnswer answer, bool cancel) {
  const auto node = asked_.extract(number);
  if (node.empty()) return;
  const Asked& asked = *node.mapped();
  if (cancel) ::ub_cancel(context_.get(), asked.id);
  asked.query->patience.cancel();
  asked.query->answer = std::move(answer);
  asked.query->done.set();
}

void Resolver::close() {
  closed_ = true;
  while (!asked_.empty()) end(asked_.begin()->first, {.failure = "the server is stopping"}, true);
}

}  // namespace vestnik
