// A shard's start, reload and stop (RULES 9). What it does in between is in shard.cc.
#include <utility>

#include "shard/c2s/connection.h"
#include "shard/component/component_stream.h"
#include "shard/rooms/room_table.h"
#include "shard/shard.h"

namespace vestnik {

void Shard::listen() {
  const auto add = [this](const std::string& address, std::uint16_t port, auto accepted) {
    if (port != 0) {
      acceptors_.push_back(std::make_unique<Acceptor>(reactor(), address, port, std::move(accepted)));
    }
  };
  const C2sConfig& c2s = config().c2s;
  for (const auto& address : c2s.listen) {
    add(address, c2s.starttls_port, [this](Transport::Socket socket) { accept(std::move(socket), false); });
    add(address, c2s.direct_tls_port, [this](Transport::Socket socket) { accept(std::move(socket), true); });
  }
  if (config().component_list.empty()) return;
  const ComponentsConfig& components = config().components;
  for (const auto& address : components.listen) {
    add(address, components.port,
        [this](Transport::Socket socket) { accept_component(std::move(socket), false); });
    add(address, components.tls_port,
        [this](Transport::Socket socket) { accept_component(std::move(socket), true); });
  }
}

void Shard::start() {
  for (auto& acceptor : acceptors_) acceptor->start(tasks());
}

void Shard::accept(Transport::Socket socket, bool direct_tls) {
  auto slot = admit(services_, config().limits, socket, "c2s.refused");
  if (!slot) return;
  C2sConnection::start(
      std::make_shared<C2sConnection>(*this, std::move(socket), direct_tls, std::move(*slot)));
}

void Shard::accept_component(Transport::Socket socket, bool direct_tls) {
  auto slot = admit(services_, config().limits, socket, "component.refused");
  if (!slot) return;
  ComponentStream::start(
      std::make_shared<ComponentStream>(*this, std::move(socket), direct_tls, std::move(*slot)));
}

void Shard::apply_config(std::shared_ptr<const Config> config, std::shared_ptr<const TlsContext> tls) {
  thread_.set_config(std::move(config));
  tls_ = std::move(tls);
  features_ = make_features(*this);
  rooms_->look_at_config();
  const std::set<ClientLink*> links = links_;  // closing changes the set
  for (ClientLink* link : links) link->host_may_be_gone();
  const std::set<ComponentStream*> streams = components_->streams();
  for (ComponentStream* stream : streams) stream->look_at_config();
}

void Shard::stop(std::function<void()> done) {
  stopping_ = true;
  for (auto& acceptor : acceptors_) acceptor->close();
  const std::set<ClientLink*> links = links_;
  for (ClientLink* link : links) link->close({StreamCondition::system_shutdown, ""});
  const std::set<ComponentStream*> streams = components_->streams();
  for (ComponentStream* stream : streams) stream->close({StreamCondition::system_shutdown, ""});
  tasks().on_empty(std::move(done));
}

void Shard::abort_connections() {
  const std::set<ClientLink*> links = links_;
  for (ClientLink* link : links) link->abort();
  const std::set<ComponentStream*> streams = components_->streams();
  for (ComponentStream* stream : streams) stream->abort("this server is stopping");
}

void Shard::account_changed(const Jid& bare, bool end_sessions, std::move_only_function<void()> done) {
  Account* account = accounts_.loaded(bare.full());
  if (account != nullptr && end_sessions) {
    while (!account->sessions().empty()) {
      account->sessions().front()->link().close(
          {StreamCondition::not_authorized, "the account was removed or disabled"});
    }
  }
  if (account == nullptr || account->sessions().empty()) {
    accounts_.forget(bare.full());
    return done();
  }
  // The sessions go on; only what logins need is read anew.
  read(
      *account, [jid = bare.full()](storage::Stores& stores) { return stores.accounts().find(jid); },
      [this, bare, done = std::move(done)](auto record) mutable {
        Account* again = accounts_.loaded(bare.full());
        if (again != nullptr && record && *record) again->record() = std::move(**record);
        done();
      });
}

}  // namespace vestnik
