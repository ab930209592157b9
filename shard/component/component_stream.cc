#include "shard/component/component_stream.h"

#include <fmt/format.h>

#include <utility>

#include "proto/stanza/reply.h"
#include "proto/stream/component_handshake.h"
#include "proto/xml/attributes.h"
#include "proto/xml/ns.h"
#include "shard/component/delegations.h"
#include "shard/component/privileges.h"
#include "shard/session/stamps.h"
#include "shard/shard.h"

namespace vestnik {
namespace {

// Components name no protocol in ALPN; one that does is a client or a server at the wrong port.
constexpr std::string_view kAlpn = "xmpp-component";
// What one write takes at most; beyond it stanzas wait in the queue, where an error can still answer them.
constexpr std::size_t kBatchBytes = std::size_t{64} * 1024;

}  // namespace

ComponentStream::ComponentStream(Shard& shard, Transport::Socket socket, bool direct_tls, AddressSlot slot)
    : XmlStream(shard.thread(), ns::kComponent, std::move(socket), std::move(slot)), shard_(shard) {
  if (direct_tls) begin_tls(std::make_unique<TlsEngine>(shard.tls(), "", kAlpn));
}

ComponentStream::ComponentStream(Shard& shard, MovedComponent moved)
    : XmlStream(shard.thread(), ns::kComponent, std::move(moved.stream)),
      shard_(shard),
      domain_(std::move(moved.domain)),
      stream_id_(std::move(moved.stream_id)),
      lang_(std::move(moved.lang)) {}

ComponentStream::~ComponentStream() { shard_.components().streams().erase(this); }

void ComponentStream::start(const std::shared_ptr<ComponentStream>& stream) {
  ComponentStream& self = *stream;
  self.shard_.components().streams().insert(&self);
  self.set_deadline(self.shard_.config().components.negotiation_timeout);
  run("component", stream);
}

// Logging in

void ComponentStream::send_error_header() { greet(domain_); }

void ComponentStream::greet(std::string_view from) {
  stream_id_ = shard_.new_id();
  send_header({.content_ns = ns::kComponent,
               .from = from,
               .to = {},
               .id = stream_id_,
               .lang = {},
               .version_1 = false});
}

void ComponentStream::on_header(const StreamHeader& header) {
  const bool known = shard_.config().component(header.to) != nullptr;
  greet(known ? header.to : "");
  if (header.problem) return close(*header.problem);
  if (!known) {
    return close({StreamCondition::host_unknown,
                  fmt::format("'{}' is no component of this server's configuration", header.to)});
  }
  domain_ = header.to;
  lang_ = header.lang;
  const ShardId owner = shard_.services().map.owner(domain_).shard;
  if (owner != shard_.id()) read_on_after(move_to(owner));
}

Task<void> ComponentStream::move_to(ShardId target) {
  flush();
  if (!is_open()) co_return;
  MovedComponent moved{.stream = release(),
                       .domain = std::move(domain_),
                       .stream_id = std::move(stream_id_),
                       .lang = std::move(lang_)};
  Shard& owner = *shard_.services().shards[target];
  owner.reactor().post([&owner, moved = std::move(moved)]() mutable {
    if (owner.stopping()) return;
    start(std::make_shared<ComponentStream>(owner, std::move(moved)));
  });
}

void ComponentStream::on_element(const xml::Frame& frame) {
  if (component_ == nullptr) {
    if (frame.ns == ns::kComponent && frame.name == "handshake") return on_handshake(frame);
    return close({StreamCondition::not_authorized, "the handshake comes first"});
  }
  if (frame.ns == ns::kComponent && stanza_kind(frame.name)) return on_stanza(frame);
  if (frame.ns == ns::kComponent) {
    return close({StreamCondition::unsupported_stanza_type, "this element is not expected here"});
  }
  close({StreamCondition::invalid_namespace, "stanzas of a component are in jabber:component:accept"});
}

// §3: the digest of the stream's id and the secret. Guesses are counted as failed logins are.
void ComponentStream::on_handshake(const xml::Frame& frame) {
  const ComponentConfig* config = shard_.config().component(domain_);
  if (config == nullptr) return close({StreamCondition::host_gone, "the component was taken out of service"});
  const LimitsConfig& limits = shard_.config().limits;
  AddressLedger& ledger = shard_.services().addresses;
  if (ledger.failures_exceed(peer_address(), limits.auth_failures_per_address, shard_.reactor().now())) {
    return refuse("too many failed handshakes; try again in a minute");
  }
  const auto text = frame.bytes.substr(frame.start_tag_end, frame.content_end - frame.start_tag_end);
  if (!is_component_handshake(text, stream_id_, config->secret)) {
    ledger.add_failure(peer_address(), shard_.reactor().now());
    return refuse("the handshake was made with another secret");
  }
  secret_ = config->secret;
  log_in();
}

void ComponentStream::refuse(std::string_view why) {
  shard_.log().warn("component.refused", {{"domain", domain_}, {"address", address()}, {"reason", why}});
  close({StreamCondition::not_authorized, std::string(why)});
}

void ComponentStream::log_in() {
  Component& component = shard_.components().of(domain_);
  const auto number = component.add(*this);
  if (!number) {
    return close({StreamCondition::conflict, "the component has as many connections as it may have"});
  }
  component_ = &component;
  number_ = *number;
  logged_in();
  set_limits(shard_.config().limits.s2s_xml);
  send("<handshake/>");
  announce();
  shard_.log().info("component.connected", {{"domain", domain_}, {"address", address()}});
}

// What the component may do for all users, and what it has to do (XEP-0356, XEP-0355): each host says so for
// its own.
void ComponentStream::announce() {
  const Config& config = shard_.config();
  const ComponentConfig& component = *config.component(domain_);
  const bool privileged = privileges::privileged(config, domain_) != nullptr;
  const std::string may = privileged ? privileges::announcement(component) : "";
  const bool delegates = config.feature_enabled("delegation");
  const std::string has_to = delegates ? Delegations::announcement(component) : "";
  if (std::exchange(announced_, may + has_to) == announced_) return;
  announce(may);
  announce(has_to);
  if (privileged && component.presence) show_presence();
  if (delegates) shard_.delegations().ask_for_disco(component);
}

void ComponentStream::announce(std::string_view payload) {
  if (payload.empty()) return;
  for (const HostConfig& host : shard_.config().hosts) {
    const Stanza announcement = Stanza::make({.kind = StanzaKind::message,
                                              .from = JidView::of_canonical(host.name),
                                              .to = JidView::of_canonical(domain_),
                                              .id = shard_.new_id()},
                                             payload);
    send(announcement.wire());
  }
}

// XEP-0356 §8: as if it had been there when they came.
void ComponentStream::show_presence() {
  if (component_->streams().size() > 1) return;  // the others know
  for (Shard* shard : shard_.services().shards) {
    shard->reactor().post([shard, domain = domain_] {
      shard->accounts().for_each([&](Account& account) {
        for (const auto& session : account.sessions()) {
          if (!session->available()) continue;
          const JidView to = JidView::of_canonical(domain);
          shard->tell_component(domain, session->presence()->readdressed(session->jid(), to));
        }
      });
    });
  }
}

// Stanzas of the component

void ComponentStream::on_stanza(const xml::Frame& frame) {
  const auto* to = xml::find_attribute(frame, "to");
  const auto* from = xml::find_attribute(frame, "from");
  if (to == nullptr || from == nullptr || to->raw_value.empty() || from->raw_value.empty()) {
    return close({StreamCondition::improper_addressing, "a component's stanza has 'from' and 'to'"});
  }
  auto stanza = build_stanza(frame, {}, lang_);
  if (!stanza) return reject(frame, stanza.error());
  if (stanza->from().domain() != domain_) {
    return close({StreamCondition::invalid_from, fmt::format("this stream speaks for {} only", domain_)});
  }
  if (stanza->is_iq() && !is_sound_iq(*stanza, frame)) return reject(frame, unsound_iq());
  if (shard_.overloaded() && (stanza->is_message() || stanza->is_request())) {
    return shard_.bounce(*stanza, StanzaCondition::resource_constraint,
                         "the server is overloaded; try again in a moment");
  }
  if (stanza->is_presence() && !component_->note_presence(*stanza)) {
    return shard_.bounce(*stanza, StanzaCondition::resource_constraint,
                         "too many have presence of this component's users");
  }
  if (stanza->is_message() && is_for_a_host(*stanza)) return on_privileged(*stanza);
  pass_on(std::move(*stanza));
}

void ComponentStream::pass_on(Stanza stanza) {
  auto document = shard_.thread().take_document();
  strip_stamps_of_hosts(*document, shard_.config(), stanza);
  shard_.thread().give_document(std::move(document));
  shard_.route(std::move(stanza));
}

// A message that a host is to send in the name of one of its users (XEP-0356 §5).
bool ComponentStream::is_for_a_host(const Stanza& stanza) const {
  return !stanza.to().has_local() && stanza.to().is_bare() && stanza.type() != StanzaType::error &&
         shard_.config().host(stanza.to().domain()) != nullptr && stanza.payload().contains(privileges::kNs);
}

void ComponentStream::on_privileged(const Stanza& carrier) {
  const ComponentConfig* privileged = privileges::privileged(shard_.config(), domain_);
  if (privileged == nullptr || !privileged->messages) {
    return shard_.bounce(carrier, StanzaCondition::forbidden, "the component may not write in users' names");
  }
  auto inner = [&] {
    const DocumentLease tree(shard_, carrier.wire());
    return privileges::unwrap(tree.root(), carrier.to().domain());
  }();
  if (!inner) return shard_.bounce(carrier, StanzaCondition::forbidden, inner.error());
  pass_on(std::move(*inner));
}

// Answers what could not become a stanza, as far as its kind allows an answer and it is known to whom.
void ComponentStream::reject(const xml::Frame& frame, const StanzaReject& why) {
  const auto from = Jid::parse(xml::attribute_of(frame, "from"));
  if (!from || from->domain() != domain_) {
    return close({StreamCondition::invalid_from, fmt::format("this stream speaks for {} only", domain_)});
  }
  // An address that is none cannot be repeated: the answer comes from the component's own domain.
  const auto to = Jid::parse(xml::attribute_of(frame, "to"));
  const JidView addressee = to ? to->view() : JidView::of_canonical(domain_);
  if (const auto answer = make_refusal(frame, *from, addressee, why)) send(answer->wire());
}

// Stanzas for the component

bool ComponentStream::has_room_for(const Stanza& stanza) const {
  return waiting_bytes_ + stanza.cost() <= shard_.config().components.queue_bytes;
}

void ComponentStream::give(Stanza stanza) {
  if (!has_room_for(stanza)) {
    return shard_.bounce(stanza, StanzaCondition::resource_constraint,
                         fmt::format("too much is waiting for {}; try again later", domain_));
  }
  waiting_bytes_ += stanza.cost();
  queue_.push_back({std::move(stanza), shard_.receipts().part()});
  flush_later();
}

void ComponentStream::on_drained(std::string& more) {
  for (const Waiting& done : in_flight_) waiting_bytes_ -= done.stanza.cost();
  in_flight_.clear();
  while (is_open() && !queue_.empty() && more.size() < kBatchBytes) {
    more.append(queue_.front().stanza.wire());
    in_flight_.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
}

// Its end

void ComponentStream::look_at_config() {
  if (domain_.empty()) return;
  const ComponentConfig* config = shard_.config().component(domain_);
  if (config == nullptr) return close({StreamCondition::host_gone, "the component was taken out of service"});
  if (component_ != nullptr && config->secret != secret_) {
    return close({StreamCondition::not_authorized, "the component's secret has changed"});
  }
  if (component_ != nullptr) announce();
}

void ComponentStream::on_deadline() {
  if (component_ == nullptr) close({StreamCondition::connection_timeout, "no handshake in time"});
}

// What was on its way may have arrived in part and is not sent twice; what waited goes the way of new
// stanzas.
void ComponentStream::on_ended(End /*how*/, std::string_view why) {
  Component* component = std::exchange(component_, nullptr);
  if (component != nullptr) component->remove(*this);
  shard_.log().info("component.closed", {{"domain", domain_}, {"address", address()}, {"reason", why}});
  if (component == nullptr) return;
  waiting_bytes_ = 0;
  for (Waiting& lost : std::exchange(in_flight_, {})) {
    const ReceiptScope scope(shard_.receipts(), std::move(lost.receipt));
    shard_.bounce(lost.stanza, StanzaCondition::remote_server_timeout,
                  fmt::format("the connection of {} ended while this was sent: {}", domain_, why));
  }
  for (Waiting& waiting : std::exchange(queue_, {})) {
    const ReceiptScope scope(shard_.receipts(), std::move(waiting.receipt));
    component->deliver(std::move(waiting.stanza));
  }
}

}  // namespace vestnik
