#include "shard/s2s/link.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "shard/s2s/find_server.h"
#include "shard/s2s/inbound.h"
#include "shard/s2s/outgoing.h"
#include "shard/s2s/s2s_shard.h"

namespace vestnik::s2s {
namespace {

// What one write takes at most; beyond it stanzas wait in the queue, where an error can still answer them.
constexpr std::size_t kBatchBytes = std::size_t{64} * 1024;
constexpr std::size_t kMaxQuestions = 50;
constexpr std::size_t kMaxSteps = 50;
constexpr std::chrono::milliseconds kInsureAfter{300};  // RULES 3
// How long the other server has to resume a stream of its own that carried our stanzas, too.
constexpr std::chrono::milliseconds kAwaitResumption{20'000};

std::string list(const std::vector<ServerAddress>& addresses) {
  std::vector<std::string> texts;
  texts.reserve(addresses.size());
  for (const ServerAddress& at : addresses) {
    texts.push_back(fmt::format("{} port {} ({}{})", at.endpoint.address().to_string(), at.endpoint.port(),
                                at.direct_tls ? "TLS" : "STARTTLS", at.dane ? ", TLSA" : ""));
  }
  return fmt::format("{}", fmt::join(texts, ", "));
}

}  // namespace

Link::Link(S2sShard& shard, std::string local, std::string remote, Use use)
    : shard_(shard),
      local_(std::move(local)),
      remote_(std::move(remote)),
      use_(use),
      settled_(shard.reactor()),
      queue_(shard.spool()),
      retry_([this] { connect(); }),
      insurance_([this] { insure(); }) {}

Link::~Link() = default;

S2sPolicy Link::policy() const { return shard_.config().s2s.policy_of(remote_); }

void Link::send(Stanza stanza, Receipt receipt) {
  if (policy() == S2sPolicy::blocked) {
    return shard_.answer(stanza, StanzaCondition::not_allowed,
                         fmt::format("this server has no traffic with {}", remote_));
  }
  if (state_ == State::idle && left_alone() && !retry_.armed()) {
    return shard_.answer(stanza, failure_.condition, failure_.text);
  }
  if (queue_.bytes() + stanza.cost() > shard_.config().s2s.queue_bytes) {
    return shard_.answer(stanza, StanzaCondition::resource_constraint,
                         fmt::format("too much is waiting for {}; try again later", remote_));
  }
  const bool awaited = must_survive(stanza) && shard_.config().storage.durability == Durability::commit;
  accept({.stanza = std::move(stanza),
          .id = shard_.spool().next_id(),
          .receipt = awaited ? std::move(receipt) : Receipt{}});
}

void Link::send_spooled(storage::SpoolId id, Stanza stanza) {
  try_for_a_while();
  accept({.stanza = std::move(stanza), .id = id, .spooled = true});
}

void Link::accept(Outbound one) {
  if (one.receipt && !insurance_.armed()) shard_.reactor().set(insurance_, kInsureAfter);
  queue_.push(std::move(one));
  if (state_ == State::open) return stream_->has_stanzas();
  if (!retry_.armed()) connect();
}

// Safety

void Link::insure() {
  auto stanzas = queue_.to_be_spooled(false);
  if (!stanzas.empty()) store(std::move(stanzas));
}

void Link::store(std::vector<storage::SpooledStanza> stanzas) {
  std::vector<storage::SpoolId> ids;
  ids.reserve(stanzas.size());
  for (const storage::SpooledStanza& one : stanzas) ids.push_back(one.id);
  shard_.spool().put(std::move(stanzas), [weak = weak_from_this(), ids = std::move(ids)](bool done) {
    const auto held = weak.lock();
    if (!held) return;
    held->queue_.on_spooled(ids, done);
    if (!done) held->shard_.reactor().set(held->insurance_, kInsureAfter);
  });
}

// For a while after a stream was lost, or a restart, stanzas do not come back when a connection fails.
void Link::try_for_a_while() {
  const auto now = shard_.reactor().now();
  if (try_until_ < now) try_until_ = now + shard_.config().s2s.resume_timeout;
}

bool Link::on_acknowledged(std::uint32_t h) {
  const std::uint32_t news = h - managed_->acknowledged;  // modulo 2^32
  if (news > queue_.sent()) return false;
  managed_->acknowledged = h;
  queue_.safe(news);
  if (news != 0) {
    fruitless_ = 0;
    // One that is not open yet may still be lost.
    if (state_ == State::open) try_until_ = {};
  }
  return true;
}

void Link::verify(std::string id, std::string key, OnVerdict on_verdict) {
  if (questions_.size() >= kMaxQuestions) return on_verdict(Verdict::overloaded);
  questions_.push_back({.id = std::move(id), .key = std::move(key), .on_verdict = std::move(on_verdict)});
  if (stream_) {
    stream_->has_questions();
  } else {
    connect();
  }
}

void Link::check(std::move_only_function<void(bool)> done) {
  if (state_ == State::open) return done(true);
  checks_.push_back(std::move(done));
  connect();
}

void Link::close() {
  if (stream_) stream_->finish();
}

void Link::forgive() {
  failures_ = 0;
  if (retry_.armed() && !awaits_resumption()) connect();
}

bool Link::is_forgettable() const {
  return state_ == State::idle && !attempt_running_ && queue_.empty() && questions_.empty() &&
         checks_.empty() && !retry_.armed() && !left_alone();
}

// Connecting

void Link::connect() {
  if (attempt_running_ || shard_.stopping()) return;
  retry_.cancel();
  attempt_running_ = true;
  state_ = State::connecting;
  auto keep = [](std::shared_ptr<Link> held) -> Task<void> { co_await held->establish(); };
  shard_.tasks().spawn("s2s.connect", keep(shared_from_this()));
}

Task<void> Link::establish() {
  steps_.clear();
  timed_out_ = false;
  failure_ = {};
  Timer deadline([this] { on_timeout(); });
  shard_.reactor().set(deadline, shard_.config().s2s.connect_timeout);
  const bool connected = co_await try_addresses();
  end_attempt(connected);
}

Task<bool> Link::try_addresses() {
  FoundServers found =
      co_await find_servers(shard_.resolver(), shard_.services().random, remote_, shard_.config().s2s.dane);
  if (found.addresses.empty()) {
    failure_ = {StanzaCondition::remote_server_not_found,
                fmt::format("DNS does not lead to a server of {}{}{}", remote_,
                            found.failure.empty() ? "" : ": ", found.failure)};
    co_return false;
  }
  note("DNS: " + list(found.addresses));
  auto& addresses = found.addresses;
  while (!addresses.empty() && !timed_out_ && !shard_.stopping()) {
    std::vector<ConnectRace::Endpoint> endpoints;
    endpoints.reserve(addresses.size());
    for (const ServerAddress& at : addresses) endpoints.push_back(at.endpoint);
    race_ = std::make_unique<ConnectRace>(shard_.reactor(), shard_.tasks(), std::move(endpoints));
    const auto winner = co_await race_->run(shard_.config().s2s.connect_timeout);
    if (!winner) {
      const std::string why = fmt::format("{}", fmt::join(race_->failures(), "; "));
      if (failure_.text.empty())
        failure_.text = fmt::format("no connection to the server of {}: {}", remote_, why);
      note("TCP: " + why);
      break;
    }
    const ServerAddress chosen = addresses[*winner];
    note(fmt::format("TCP: connected to {}", list({chosen})));
    wrote_ = on_theirs_ = false;
    const auto stream =
        std::make_shared<OutgoingStream>(shard_, race_->take_socket(), shared_from_this(), chosen);
    stream_ = stream;
    race_.reset();
    addresses.erase(addresses.begin(), addresses.begin() + static_cast<std::ptrdiff_t>(*winner) + 1);
    stream->start();
    co_await settled_.wait();
    if (stream_) co_return true;
  }
  co_return false;
}

void Link::on_timeout() {
  timed_out_ = true;
  failure_.text = fmt::format("no connection to the server of {} in time; last step: {}", remote_,
                              steps_.empty() ? "asking DNS" : steps_.back());
  if (race_) race_->cancel();
  if (stream_) stream_->abort("no authenticated stream in time");
}

void Link::end_attempt(bool connected) {
  attempt_running_ = false;
  race_.reset();
  if (connected) {
    failures_ = 0;
  } else {
    state_ = State::idle;
    back_off();
    note("failed: " + failure_.text);
    shard_.log().info("s2s.out_failed", {{"from", local_}, {"to", remote_}, {"reason", failure_.text}});
    const bool unknown = failure_.condition == StanzaCondition::remote_server_not_found;
    answer_questions(unknown ? Verdict::not_found : Verdict::unreachable);
    give_back_or_wait();
  }
  for (auto& done : std::exchange(checks_, {})) done(connected);
}

// Stanzas come back, unless there was a stream not long ago.
void Link::give_back_or_wait() {
  const auto now = shard_.reactor().now();
  if (shard_.stopping()) return answer_all(queue_.take_lost(), failure_);
  if ((queue_.empty() && !owes_resumption()) || now >= try_until_) {
    managed_.reset();
    return answer_all(queue_.take_all(), failure_);
  }
  const auto wait = std::chrono::ceil<std::chrono::milliseconds>(std::min(retry_at_, try_until_) - now);
  shard_.reactor().set(retry_, std::max(wait, std::chrono::milliseconds{1}));
}

// Doubled with each failure, and a quarter more or less, so that not all links of a domain try at once.
void Link::back_off() {
  const S2sConfig& config = shard_.config().s2s;
  constexpr std::uint32_t kMaxDoublings = 20;
  const auto delay = config.retry_min * (std::int64_t{1} << std::min(failures_++, kMaxDoublings));
  std::uint8_t byte = 0;
  shard_.services().random.fill(std::as_writable_bytes(std::span(&byte, 1)));
  retry_at_ = shard_.reactor().now() + std::min(delay, config.retry_max) * (384 + byte) / 512;
}

bool Link::left_alone() const { return failures_ != 0 && shard_.reactor().now() < retry_at_; }

void Link::note(std::string step) {
  shard_.log().debug("s2s.out", {{"from", local_}, {"to", remote_}, {"step", step}});
  if (steps_.size() < kMaxSteps) steps_.push_back(std::move(step));
}

// The stream's side

bool Link::adopt(std::shared_ptr<ServerStream> stream, std::string_view resumed) {
  if (stream_ || attempt_running_ || shard_.stopping()) return false;
  if (resumed.empty()) {
    managed_.reset();
  } else if (!managed_ || !managed_->theirs || managed_->id != resumed) {
    return false;
  }
  retry_.cancel();
  failures_ = 0;
  wrote_ = false;
  on_theirs_ = true;
  stream_ = std::move(stream);
  return true;
}

void Link::on_open() {
  state_ = State::open;
  queue_.unsend();
  shard_.log().info("s2s.out_open", {{"from", local_}, {"to", remote_}, {"address", stream_->address()}});
  if (attempt_running_) settled_.set();
  if (is_waiting()) stream_->has_stanzas();
}

void Link::on_stream_ended(bool lost, std::string_view why) {
  const bool was_open = state_ == State::open;
  stream_.reset();
  max_bytes_ = 0;
  if (!was_open) {
    if (failure_.text.empty()) {
      failure_.text = fmt::format("the server of {} could not be talked to: {}", remote_, why);
      if (why.find("<host-unknown/>") != std::string_view::npos) {
        failure_.condition = StanzaCondition::remote_server_not_found;
      }
    }
    for (Question& question : questions_) question.sent = false;
    return settled_.set();
  }
  note(fmt::format("closed: {}", why));
  shard_.log().info("s2s.out_closed", {{"from", local_}, {"to", remote_}, {"reason", why}});
  state_ = attempt_running_ ? State::connecting : State::idle;
  answer_questions(Verdict::unreachable);
  if (shard_.stopping()) return;  // what must survive is in the spool
  const Failure ended{StanzaCondition::remote_server_timeout,
                      fmt::format("the connection to {} ended while this was sent: {}", remote_, why)};
  const bool was_managed = is_managed();
  if (was_managed) {
    if (!lost) answer_all(queue_.take_rejected(), ended);
    keep_managed(lost);
    try_for_a_while();
  } else {
    // What the kernel has not taken may have arrived in part: it is not sent twice.
    answer_all(queue_.take_sent(), ended);
  }
  if (!attempt_running_ && awaits_resumption()) {
    if (!queue_.empty()) shard_.reactor().set(retry_, kAwaitResumption);
    return;
  }
  if (!attempt_running_ && queue_.empty() && !owes_resumption()) return;
  // At once, unless the last stream was of no use either.
  const bool useful = was_managed ? fruitless_++ == 0 : wrote_;
  if (!attempt_running_ && useful) return connect();
  failure_ = ended;
  if (attempt_running_) return;  // it has been told that the stream is open, and finds that it is not
  back_off();
  give_back_or_wait();
}

// A managed stream has ended: forgets it, unless there is something to be resumed for.
void Link::keep_managed(bool lost) {
  if (managed_->id.empty() || (managed_->theirs && !lost)) return managed_.reset();
  if (!managed_->theirs && queue_.sent() == 0 && !(lost && owes_resumption())) managed_.reset();
}

// The other server waits for us to say what we have of its stanzas.
bool Link::owes_resumption() const {
  return managed_ && managed_->inbound && managed_->inbound->has_received();
}

bool Link::awaits_resumption() const { return state_ == State::idle && managed_ && managed_->theirs; }

std::string Link::unsent_questions() {
  std::string xml;
  for (Question& question : questions_) {
    if (std::exchange(question.sent, true)) continue;
    xml += write_dialback({.kind = DialbackKind::verify,
                           .from = local_,
                           .to = remote_,
                           .id = question.id,
                           .key = question.key});
  }
  return xml;
}

// Answers that nobody waits for are dropped (XEP-0220 §2.1.2): the question must have gone out on this
// stream.
void Link::on_answer(const Dialback& answer) {
  const auto found = std::ranges::find_if(
      questions_, [&](const Question& question) { return question.sent && question.id == answer.id; });
  if (found == questions_.end() || answer.from != remote_ || answer.to != local_) return;
  OnVerdict on_verdict = std::move(found->on_verdict);
  questions_.erase(found);
  if (only_asks() && questions_.empty()) stream_->finish();
  switch (answer.type) {
    case DialbackType::valid: return on_verdict(Verdict::valid);
    case DialbackType::error: return on_verdict(Verdict::not_found);
    default: return on_verdict(Verdict::invalid);
  }
}

void Link::answer_questions(Verdict verdict) {
  for (Question& question : std::exchange(questions_, {})) question.on_verdict(verdict);
}

void Link::refill(std::string& out) {
  for (const Stanza* next = queue_.next(); next != nullptr && out.size() < kBatchBytes;
       next = queue_.next()) {
    if (max_bytes_ != 0 && next->wire().size() > max_bytes_) {
      const Outbound refused = queue_.pop();
      shard_.answer(refused.stanza, StanzaCondition::policy_violation,
                    fmt::format("{} takes stanzas of at most {} bytes", remote_, max_bytes_));
      continue;
    }
    queue_.send_next(out);
    wrote_ = true;
  }
}

void Link::drained() {
  if (!managed_) queue_.safe(queue_.sent());
}

void Link::give_up(const Failure& failure) {
  failure_ = failure;
  retry_.cancel();
  if (race_) race_->cancel();
  if (stream_) stream_->flush();  // what is on its way already
  managed_.reset();
  answer_all(queue_.take_all(), failure);
  if (stream_) stream_->finish();
}

void Link::stop(const Failure& failure) {
  failure_ = failure;
  retry_.cancel();
  if (race_) race_->cancel();
  if (stream_) stream_->flush();
  auto stanzas = queue_.to_be_spooled(true);
  if (!stanzas.empty()) store(std::move(stanzas));
  answer_all(queue_.take_lost(), failure);
  if (stream_) stream_->wind_up();
}

void Link::answer_all(const std::vector<Outbound>& stanzas, const Failure& failure) {
  for (const Outbound& one : stanzas) shard_.answer(one.stanza, failure.condition, failure.text);
}

}  // namespace vestnik::s2s
