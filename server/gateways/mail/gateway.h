#pragma once
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/runtime/blocking_pool.h"
#include "core/runtime/event.h"
#include "core/runtime/random.h"
#include "server/gateways/mail/component_link.h"
#include "server/gateways/mail/mime.h"
#include "server/gateways/mail/registrations.h"
#include "server/gateways/mail/submission.h"

namespace vestnik::mail {

/// How the gateway is to be run.
struct Settings {
  std::string domain;       ///< of the component, canonical
  std::string mail_domain;  ///< of the e-mail addresses that its users have
  std::string secret;
  std::string server = "127.0.0.1";  ///< the XMPP server's address for components
  std::uint16_t port = 5347;
  std::vector<std::string> users_of;  ///< domains whose users may register
  std::string registrations;          ///< the file
  SubmissionServer submission;
};

/// What is between the XMPP server and the mail servers: an XEP-0100 gateway. Its thread's alone.
class Gateway final : public ComponentLink::Owner {
 public:
  Gateway(StreamThread& thread, Settings settings);
  ~Gateway() override;
  Gateway(const Gateway&) = delete;
  Gateway& operator=(const Gateway&) = delete;

  /// Connects, and again whenever the connection is lost.
  void start();
  /// Ends what is under way; its coroutines end soon.
  void stop();

  /// Whether mail to this address is for somebody who is registered.
  bool takes_mail_for(std::string_view address) const;
  /// Hands a complete message over and returns when the XMPP server has dealt with it: the reply to the mail
  /// server that brought it (RFC 5321 §4.2).
  Task<std::string> deliver(std::string recipient, std::string sender, std::string message);

  // ComponentLink::Owner
  void on_connected() override;
  void on_stanza(Stanza stanza) override;
  void on_disconnected(std::string_view why) override;

 private:
  /// A message that a mail server waits for us to have delivered.
  struct Pending {
    explicit Pending(Reactor& reactor) : done(reactor) {}
    Event done;
    std::string reply;
  };
  /// A message of a user on its way out.
  struct Outgoing {
    Stanza stanza;
    Mail mail;
  };
  /// A message that has left, in case that its delivery fails later.
  struct Sent {
    Jid user;
    Jid contact;
    std::string id;
  };

  Task<void> stay_connected();
  Task<void> connect_once();
  void send(const Stanza& stanza);
  void send_presence(JidView from, JidView to, StanzaType type);
  void show_all(std::string_view user, JidView to);

  // gateway_iq.cc
  void on_iq(Stanza iq);
  void on_gateway_iq(Stanza iq);
  void on_contact_iq(const Stanza& iq);
  void on_registration(Stanza iq, bool removes);
  Task<void> register_user(Stanza iq);
  Task<void> unregister_user(Stanza iq);
  Task<bool> save();
  void save_later();
  bool may_register(JidView user) const;

  // gateway_presence.cc
  void on_presence(const Stanza& presence);
  void on_subscribe(const Stanza& presence);

  // gateway_mail.cc
  void on_message(Stanza message);
  void on_message_error(const Stanza& message);
  Task<void> send_out(std::string user);
  void on_sent(const Outgoing& outgoing, const Outcome& outcome);
  void remember(Sent sent, std::string message_id);
  void settle(std::string_view id, std::string reply);
  Task<std::string> confirmed(Stanza message);
  Stanza failure_of(const Sent& sent, std::string_view reason) const;
  std::string new_id();

  StreamThread& thread_;
  Settings settings_;
  Jid own_;
  Registrations registrations_;
  SystemRandom random_;
  BlockingPool smtp_;
  BlockingPool files_;  ///< of one thread: what is written later is newer
  std::shared_ptr<ComponentLink> link_;
  bool connected_ = false;
  std::deque<Stanza> unsent_;  ///< answers to messages, while there is no connection
  bool stopping_ = false;
  Event ended_;  ///< the link, or the pause before the next
  Timer retry_;
  std::chrono::milliseconds pause_;
  std::map<std::string, std::deque<Outgoing>, std::less<>> outgoing_;  ///< by user, in order
  std::size_t outgoing_count_ = 0;
  std::map<std::string, Pending*, std::less<>> pending_;  ///< by the message's id
  std::map<std::string, Sent, std::less<>> sent_;         ///< by Message-ID
  std::deque<std::string> sent_order_;
};

}  // namespace vestnik::mail
