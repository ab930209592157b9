// Messages: out by SMTP, in order for each user; in from the mail server, which is told what became of them.
#include <fmt/format.h>

#include <utility>

#include "proto/stanza/reply.h"
#include "proto/xml/ns.h"
#include "proto/xml/writer.h"
#include "server/gateways/mail/address.h"
#include "server/gateways/mail/gateway.h"

namespace vestnik::mail {
namespace {

constexpr std::size_t kWaitingOfUser = 100;
constexpr std::size_t kWaiting = 2'000;
constexpr std::size_t kRemembered = 20'000;  // messages whose delivery may still be reported as failed
constexpr std::chrono::milliseconds kConfirmWithin{30'000};
// RFC 5321 §4.2: replies from here on are refusals for good.
constexpr int kForGood = 500;
constexpr int kNoMailbox = 550;
constexpr int kNoSpace = 552;

StanzaCondition condition_of(const Outcome& outcome) {
  switch (outcome.code) {
    case kNoMailbox:
    case 551:
    case 553: return StanzaCondition::item_not_found;
    case kNoSpace: return StanzaCondition::resource_constraint;
    default: break;
  }
  return outcome.code >= kForGood ? StanzaCondition::service_unavailable
                                  : StanzaCondition::remote_server_timeout;
}

std::string child_text(xml::Element root, std::string_view name) { return root.child(name).text(); }

}  // namespace

// Out

void Gateway::on_message(Stanza message) {
  if (message.is_error()) return on_message_error(message);
  if (!message.has(Mark::body) || message.type() == StanzaType::groupchat) return;  // a chat state, a marker
  const std::string user(message.from().bare());
  if (!registrations_.contains(user)) {
    return send(make_error(message, StanzaCondition::registration_required,
                           "register with the gateway to write e-mail"));
  }
  const std::string address = address_of(message.to());
  if (address.empty()) {
    return send(make_error(message, StanzaCondition::item_not_found, "this stands for no e-mail address"));
  }
  std::deque<Outgoing>& waiting = outgoing_[user];
  if (waiting.size() >= kWaitingOfUser || outgoing_count_ >= kWaiting) {
    return send(make_error(message, StanzaCondition::resource_constraint, "too much mail is waiting"));
  }
  auto document = thread_.take_document();
  const xml::Element root = document->parse(message.wire());
  Mail mail{.from = address_of_user(message.from(), settings_.mail_domain),
            .to = address,
            .subject = child_text(root, "subject"),
            .text = child_text(root, "body"),
            .message_id = fmt::format("{}@{}", new_id(), settings_.mail_domain)};
  thread_.give_document(std::move(document));
  ++outgoing_count_;
  waiting.push_back({std::move(message), std::move(mail)});
  if (waiting.size() == 1) thread_.tasks().spawn("mail.send", send_out(user));
}

// One after the other, until none of the user's is left.
Task<void> Gateway::send_out(std::string user) {
  for (;;) {
    const Outgoing& outgoing = outgoing_[user].front();
    const std::string message = compose(outgoing.mail);
    Outcome outcome;
    auto job = [&] { outcome = submit(settings_.submission, outgoing.mail.from, outgoing.mail.to, message); };
    const bool ran = co_await smtp_.run(thread_.reactor(), job);
    if (!ran) outcome.reason = "too much mail is waiting";
    std::deque<Outgoing>& waiting = outgoing_[user];
    on_sent(waiting.front(), outcome);
    waiting.pop_front();
    --outgoing_count_;
    if (!waiting.empty()) continue;
    outgoing_.erase(user);
    co_return;
  }
}

void Gateway::on_sent(const Outgoing& outgoing, const Outcome& outcome) {
  const Stanza& stanza = outgoing.stanza;
  if (outcome.sent) {
    thread_.log().info("mail.sent", {{"from", stanza.from()}, {"to", outgoing.mail.to}});
    return remember({Jid(stanza.from()), Jid(stanza.to()), std::string(stanza.id())},
                    outgoing.mail.message_id);
  }
  thread_.log().info("mail.refused",
                     {{"from", stanza.from()}, {"to", outgoing.mail.to}, {"reason", outcome.reason}});
  send(make_error(stanza, condition_of(outcome), fmt::format("mail was not sent: {}", outcome.reason)));
}

void Gateway::remember(Sent sent, std::string message_id) {
  if (sent_order_.size() >= kRemembered) {
    sent_.erase(sent_order_.front());
    sent_order_.pop_front();
  }
  sent_order_.push_back(message_id);
  sent_.emplace(std::move(message_id), std::move(sent));
}

// In

bool Gateway::takes_mail_for(std::string_view address) const {
  const auto user = user_of(address, settings_.mail_domain);
  return user && registrations_.contains(user->full());
}

Task<std::string> Gateway::deliver(std::string recipient, std::string sender, std::string message) {
  const auto user = user_of(recipient, settings_.mail_domain);
  if (!user || !registrations_.contains(user->full()))
    co_return "550 5.1.1 nobody of this name is registered";
  if (!connected_) co_return "451 4.4.1 the XMPP server cannot be reached";
  if (const auto report = read_report(message)) {
    const auto sent = sent_.find(report->message_id);
    if (sent != sent_.end()) {
      send(failure_of(sent->second, report->reason));
      co_return "250 2.1.5 reported";
    }
  }
  const Mail mail = read_mail(message);
  auto contact = contact_of(mail.from, settings_.domain);
  if (!contact) contact = contact_of(sender, settings_.domain);
  const std::string id = new_id();
  std::string payload;
  xml::Writer w(payload);
  if (!mail.subject.empty()) w.leaf("subject", mail.subject);
  w.leaf("body", mail.text.empty() && mail.subject.empty() ? "[an empty message]" : mail.text);
  Stanza stanza = Stanza::make({.kind = StanzaKind::message,
                                .type = StanzaType::chat,
                                .from = contact ? contact->view() : own_.view(),
                                .to = *user,
                                .id = id},
                               payload);
  std::string reply = co_await confirmed(std::move(stanza));
  co_return reply;
}

// The component protocol acknowledges nothing. A question to the same account, on the same way, is answered
// when the message has been dealt with; a message that comes back does so before.
Task<std::string> Gateway::confirmed(Stanza message) {
  const std::string id(message.id());
  Pending pending(thread_.reactor());
  pending_.emplace(id, &pending);
  Timer patience([&pending] {
    pending.reply = "451 4.4.2 the XMPP server does not answer";
    pending.done.set();
  });
  thread_.reactor().set(patience, kConfirmWithin);
  send(message);
  const std::string question = id + "-ack";
  send(Stanza::make({.kind = StanzaKind::iq,
                     .type = StanzaType::get,
                     .from = message.from(),
                     .to = message.to(),
                     .id = question},
                    "<ping xmlns='urn:xmpp:ping'/>"));
  co_await pending.done.wait();
  pending_.erase(id);
  co_return pending.reply;
}

void Gateway::settle(std::string_view id, std::string reply) {
  const auto found = pending_.find(id);
  if (found == pending_.end() || !found->second->reply.empty()) return;
  found->second->reply = std::move(reply);
  found->second->done.set();
}

void Gateway::on_message_error(const Stanza& message) {
  auto document = thread_.take_document();
  const xml::Element error = document->parse(message.wire()).child("error");
  const bool for_now = error.attr_or_empty("type") == "wait";
  std::string condition(error.first_child().name());
  thread_.give_document(std::move(document));
  settle(message.id(), fmt::format("{} refused by the XMPP server: {}", for_now ? "451 4.3.0" : "550 5.0.0",
                                   condition.empty() ? "undefined-condition" : condition));
}

// What the user sees when a mail server gives a message up later.
Stanza Gateway::failure_of(const Sent& sent, std::string_view reason) const {
  const Stanza original = Stanza::make({.kind = StanzaKind::message,
                                        .type = StanzaType::chat,
                                        .from = sent.user,
                                        .to = sent.contact,
                                        .id = sent.id},
                                       "");
  return make_error(original, StanzaCondition::recipient_unavailable,
                    fmt::format("mail was not delivered: {}", reason));
}

}  // namespace vestnik::mail
