#include "bench/relay/relay.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <cerrno>
#include <sstream>
#include <system_error>
#include <utility>

namespace vestnik::bench {

/// One connection. Its thread changes once, before it is paired.
class RelayPeer final : public std::enable_shared_from_this<RelayPeer>, private Connection::Owner {
 public:
  RelayPeer(Relay& relay, RelayThread& thread);

  void begin(UniqueFd socket);
  void move_in();
  void join();
  void link(std::shared_ptr<RelayPeer> partner);
  void send(std::string_view bytes) { connection_.write(bytes); }
  void part();
  /// Closes without telling the partner.
  void abandon();
  RelayThread& thread() { return *thread_; }

 private:
  void on_bytes(std::string_view bytes) override;
  void on_closed(std::string_view) override { part(); }
  void read_first_line(std::string_view bytes);

  Relay& relay_;
  RelayThread* thread_;
  Connection connection_;
  std::string first_line_;
  std::uint64_t pair_ = 0;
  unsigned side_ = 0;
  std::shared_ptr<RelayPeer> partner_;
};

/// A loop with its listening socket; the kernel spreads connections over the threads' sockets.
class RelayThread final : private EventLoop::Handler {
 public:
  explicit RelayThread(Relay& relay);

  void start() {
    runner_ = std::thread([this] { loop_.run(); });
  }
  void halt();
  /// Where the kernel has put the listener.
  Address address() const;
  /// Once all threads have halted: peers of different threads hold each other.
  void abandon_peers();

  EventLoop& loop() { return loop_; }
  SSL_CTX& tls() { return *tls_; }
  void keep(std::shared_ptr<RelayPeer> peer) { peers_.insert(std::move(peer)); }
  void forget(const std::shared_ptr<RelayPeer>& peer) { peers_.erase(peer); }

 private:
  void on_events(std::uint32_t) override;

  Relay& relay_;
  EventLoop loop_;
  TlsContext tls_;
  UniqueFd listener_;
  std::unordered_set<std::shared_ptr<RelayPeer>> peers_;
  std::thread runner_;
};

RelayPeer::RelayPeer(Relay& relay, RelayThread& thread)
    : relay_(relay), thread_(&thread), connection_(thread.loop(), *this) {}

void RelayPeer::begin(UniqueFd socket) {
  connection_.adopt(std::move(socket));
  if (!relay_.options().plain) connection_.start_tls(thread_->tls(), TlsEngine::Role::server, "");
}

void RelayPeer::on_bytes(std::string_view bytes) {
  if (partner_ == nullptr) return read_first_line(bytes);
  if (partner_->thread_ == thread_) return partner_->send(bytes);
  partner_->thread_->loop().post([partner = partner_, copy = std::string(bytes)] { partner->send(copy); });
}

void RelayPeer::read_first_line(std::string_view bytes) {
  first_line_.append(bytes);
  if (!first_line_.ends_with('\n')) return;
  std::istringstream line(std::exchange(first_line_, {}));
  if (std::string word; !(line >> word >> pair_ >> side_) || word != "pair") return part();
  thread_->loop().defer([self = shared_from_this()] { self->move_in(); });
}

void RelayPeer::move_in() {
  RelayThread& home = relay_.thread_for(pair_, side_);
  if (&home == thread_) return join();
  const auto self = shared_from_this();
  connection_.detach();
  thread_->forget(self);
  home.loop().post([self, &home] {
    self->thread_ = &home;
    self->connection_.attach(home.loop());
    home.keep(self);
    self->join();
  });
}

void RelayPeer::join() {
  const auto self = shared_from_this();
  const auto partner = relay_.meet(pair_, self);
  if (partner == nullptr) return;
  link(partner);
  // What we relay from now on is posted behind this.
  partner->thread_->loop().post([partner, self] { partner->link(self); });
}

void RelayPeer::link(std::shared_ptr<RelayPeer> partner) {
  partner_ = std::move(partner);
  send("<relay><paired/>");
}

void RelayPeer::part() {
  const auto self = shared_from_this();
  connection_.close();
  if (const auto partner = std::exchange(partner_, nullptr)) {
    partner->thread_->loop().post([partner] { partner->part(); });
  }
  thread_->loop().defer([self] { self->thread_->forget(self); });
}

void RelayPeer::abandon() {
  connection_.close();
  partner_ = nullptr;
}

RelayThread::RelayThread(Relay& relay)
    : relay_(relay), tls_(make_server_context(relay.options().certificate_file, relay.options().key_file)) {
  constexpr int kOn = 1;
  constexpr int kBacklog = 4'096;
  const Address& address = relay.options().listen;
  listener_ = UniqueFd(::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  ::setsockopt(listener_.get(), SOL_SOCKET, SO_REUSEADDR, &kOn, sizeof kOn);
  ::setsockopt(listener_.get(), SOL_SOCKET, SO_REUSEPORT, &kOn, sizeof kOn);
  if (::bind(listener_.get(), address.raw(), address.size) != 0 || ::listen(listener_.get(), kBacklog) != 0) {
    throw std::system_error(errno, std::generic_category(), "listen on " + address.to_string());
  }
  loop_.add(listener_.get(), EPOLLIN, *this);
}

Address RelayThread::address() const {
  Address address;
  address.size = sizeof address.storage;
  ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address.storage), &address.size);
  return address;
}

void RelayThread::halt() {
  loop_.stop();
  runner_.join();
}

void RelayThread::abandon_peers() {
  for (const auto& peer : peers_) peer->abandon();
}

void RelayThread::on_events(std::uint32_t) {
  const int socket = ::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (socket < 0) return;
  const auto peer = std::make_shared<RelayPeer>(relay_, *this);
  keep(peer);
  peer->begin(UniqueFd(socket));
}

Relay::Relay(RelayOptions options) : options_(std::move(options)) {
  for (unsigned i = 0; i < options_.threads; ++i) {
    threads_.push_back(std::make_unique<RelayThread>(*this));
    options_.listen = threads_.front()->address();  // all share one port, also when the first was given any
  }
  for (const auto& thread : threads_) thread->start();
}

Relay::~Relay() {
  for (const auto& thread : threads_) thread->halt();
  for (const auto& thread : threads_) thread->abandon_peers();
}

RelayThread& Relay::thread_for(std::uint64_t pair, unsigned side) {
  const bool crosses = pair % 100 < options_.crossing_percent;
  return *threads_[(pair + (crosses ? side : 0)) % threads_.size()];
}

std::shared_ptr<RelayPeer> Relay::meet(std::uint64_t pair, const std::shared_ptr<RelayPeer>& peer) {
  const std::lock_guard lock(mutex_);
  const auto waiting = waiting_.find(pair);
  if (waiting != waiting_.end()) {
    auto partner = waiting->second.lock();
    waiting_.erase(waiting);
    if (partner != nullptr) return partner;
  }
  waiting_[pair] = peer;
  return nullptr;
}

}  // namespace vestnik::bench
