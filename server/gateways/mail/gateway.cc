// The gateway's connection with the XMPP server.
#include "server/gateways/mail/gateway.h"

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <utility>

namespace vestnik::mail {
namespace {

constexpr std::chrono::milliseconds kFirstPause{1'000};
constexpr std::chrono::milliseconds kLongestPause{60'000};
constexpr std::size_t kSubmissionThreads = 4;
constexpr std::size_t kQueuedJobs = 1'000;
constexpr std::size_t kMaxUnsent = 10'000;

}  // namespace

Gateway::Gateway(StreamThread& thread, Settings settings)
    : thread_(thread),
      settings_(std::move(settings)),
      own_(JidView::of_canonical(settings_.domain)),
      registrations_(settings_.registrations),
      smtp_(kSubmissionThreads, kQueuedJobs),
      files_(1, kQueuedJobs),
      ended_(thread.reactor()),
      retry_([this] { ended_.set(); }),
      pause_(kFirstPause) {}

Gateway::~Gateway() = default;

void Gateway::start() { thread_.tasks().spawn("mail.connect", stay_connected()); }

void Gateway::stop() {
  stopping_ = true;
  retry_.cancel();
  if (link_) link_->finish();
  for (auto& [id, pending] : pending_) {
    pending->reply = "451 4.3.2 the gateway is stopping";
    pending->done.set();
  }
  ended_.set();
}

Task<void> Gateway::stay_connected() {
  while (!stopping_) {
    co_await connect_once();
    if (stopping_) co_return;
    thread_.reactor().set(retry_, pause_);
    co_await ended_.wait();
    pause_ = std::min(pause_ * 2, kLongestPause);
  }
}

Task<void> Gateway::connect_once() {
  boost::system::error_code error;
  const auto address = boost::asio::ip::make_address(settings_.server, error);
  Transport::Socket socket(thread_.reactor().executor());
  const boost::asio::ip::tcp::endpoint server(address, settings_.port);
  const auto [failed] = co_await socket.async_connect(server, boost::asio::as_tuple(kAwait));
  if (failed) {
    thread_.log().warn("mail.not_connected", {{"server", settings_.server}, {"reason", failed.message()}});
    co_return;
  }
  link_ =
      std::make_shared<ComponentLink>(thread_, std::move(socket), *this, settings_.domain, settings_.secret);
  link_->start();
  co_await ended_.wait();
}

// Everybody is asked for presence: who is there then sees the gateway and the contacts (XEP-0100 §4.4).
void Gateway::on_connected() {
  connected_ = true;
  pause_ = kFirstPause;
  thread_.log().info("mail.connected", {{"server", settings_.server}, {"domain", settings_.domain}});
  for (const auto& [user, contacts] : registrations_.users()) {
    send_presence(own_, JidView::of_canonical(user), StanzaType::probe);
  }
  for (const Stanza& stanza : std::exchange(unsent_, {})) send(stanza);
}

void Gateway::on_disconnected(std::string_view why) {
  connected_ = false;
  link_.reset();
  thread_.log().warn("mail.disconnected", {{"reason", why}});
  ended_.set();
}

void Gateway::on_stanza(Stanza stanza) {
  switch (stanza.kind()) {
    case StanzaKind::message: return on_message(std::move(stanza));
    case StanzaKind::presence: return on_presence(stanza);
    case StanzaKind::iq: return on_iq(std::move(stanza));
  }
}

// What became of somebody's mail is told when the connection is back; the rest is asked for anew.
void Gateway::send(const Stanza& stanza) {
  if (connected_) return link_->send(stanza.wire());
  if (!stanza.is_message()) return;
  if (unsent_.size() < kMaxUnsent) return unsent_.push_back(stanza.clone());
  thread_.log().error("mail.lost", {{"to", stanza.to()}, {"reason", "no connection for too long"}});
}

std::string Gateway::new_id() { return random_token(random_, 12); }

}  // namespace vestnik::mail
