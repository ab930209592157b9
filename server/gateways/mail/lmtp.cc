#include "server/gateways/mail/lmtp.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/algorithm/string/predicate.hpp>
#include <locale>
#include <utility>

#include "core/io/transport_text.h"

namespace vestnik::mail {
namespace {

// RFC 5321 §4.5.3.1, with room for longer paths.
constexpr std::size_t kLineBytes = 2'048;
constexpr std::size_t kRecipients = 100;
constexpr std::chrono::milliseconds kSilence{300'000};

bool begins(std::string_view line, std::string_view command) {
  return boost::algorithm::istarts_with(line, command, std::locale::classic());
}

// What stands between < and >; nothing if the command has no such part.
std::optional<std::string> path_of(std::string_view argument) {
  const std::size_t begin = argument.find('<');
  const std::size_t end = argument.find('>');
  if (begin == std::string_view::npos || end == std::string_view::npos || end < begin) return {};
  std::string_view path = argument.substr(begin + 1, end - begin - 1);
  if (path.size() >= 2 && path.front() == '"') return {};  // quoted local parts name nobody here
  return std::string(path);
}

}  // namespace

LmtpListener::LmtpListener(StreamThread& thread, Gateway& gateway, const std::string& address,
                           std::uint16_t port, LmtpLimits limits)
    : thread_(thread),
      gateway_(gateway),
      limits_(limits),
      acceptor_(thread.reactor(), address, port,
                [this](Transport::Socket socket) { accept(std::move(socket)); }) {}

LmtpListener::~LmtpListener() = default;

void LmtpListener::start() { acceptor_.start(thread_.tasks()); }

void LmtpListener::stop() {
  acceptor_.close();
  for (LmtpSession* session : sessions_) session->abort();
}

// One too many is closed without a word: the mail server comes again.
void LmtpListener::accept(Transport::Socket socket) {
  if (sessions_.size() >= limits_.connections) {
    return thread_.log().warn("mail.lmtp_refused", {{"reason", "too many connections"}});
  }
  std::make_shared<LmtpSession>(*this, std::move(socket))->start();
}

LmtpSession::LmtpSession(LmtpListener& listener, Transport::Socket socket)
    : listener_(listener),
      transport_(listener.thread_.buffers(), std::move(socket)),
      deadline_([this] { abort(); }) {
  listener.sessions_.insert(this);
}

LmtpSession::~LmtpSession() { listener_.sessions_.erase(this); }

void LmtpSession::start() {
  auto keep = [](std::shared_ptr<LmtpSession> held) -> Task<void> { co_await held->run(); };
  listener_.thread_.tasks().spawn("mail.lmtp", keep(shared_from_this()));
}

Task<void> LmtpSession::run() {
  bool open = co_await reply("220 Vestnik mail LMTP");
  while (open) {
    const std::optional<std::string> line = co_await read_line();
    if (!line) break;
    auto [answer, next] = obey(*line);
    open = co_await reply(std::move(answer));
    if (next == Next::end) break;
    if (open && next == Next::message) open = co_await take_message();
  }
  transport_.close();
}

// Reading and writing

Task<bool> LmtpSession::fill() {
  listener_.thread_.reactor().set(deadline_, kSilence);
  return read_more(&transport_, &input_);
}

// A line without its end; nothing when the connection ended, or the line does.
Task<std::optional<std::string>> LmtpSession::read_line() {
  for (;;) {
    const std::size_t end = input_.find('\n');
    if (std::min(end, input_.size()) > kLineBytes) {
      co_await reply("500 5.5.2 the line is too long");
      co_return std::nullopt;
    }
    if (end != std::string::npos) {
      std::string line = input_.substr(0, end);
      input_.erase(0, end + 1);
      if (line.ends_with('\r')) line.pop_back();
      co_return line;
    }
    const bool more = co_await fill();
    if (!more) co_return std::nullopt;
  }
}

// RFC 5321 §4.5.2. A message that is too large is read to its end, so that it can be refused.
Task<bool> LmtpSession::read_message() {
  message_.clear();
  too_large_ = false;
  std::size_t begin = 0;  // of the line at hand, in input_
  for (;;) {
    const std::size_t end = input_.find('\n', begin);
    if (end == std::string::npos) {
      input_.erase(0, begin);
      begin = 0;
      too_large_ = too_large_ || input_.size() > listener_.limits_.message_bytes;
      if (too_large_ && input_.size() > kLineBytes) input_.erase(0, input_.size() - 2);
      const bool more = co_await fill();
      if (!more) co_return false;
      continue;
    }
    std::string_view line(input_.data() + begin, end - begin + 1);
    begin = end + 1;
    if (line == ".\r\n" || line == ".\n") {
      input_.erase(0, begin);
      co_return true;
    }
    if (line.starts_with('.')) line.remove_prefix(1);
    too_large_ = too_large_ || message_.size() + line.size() > listener_.limits_.message_bytes;
    if (!too_large_) message_.append(line);
  }
}

Task<bool> LmtpSession::reply(std::string text) { return write_all(&transport_, std::move(text) + "\r\n"); }

// Commands

std::pair<std::string, LmtpSession::Next> LmtpSession::obey(std::string_view line) {
  if (begins(line, "LHLO ")) {
    greeted_ = true;
    return {fmt::format("250-Vestnik mail\r\n250-ENHANCEDSTATUSCODES\r\n250-PIPELINING\r\n250-8BITMIME\r\n"
                        "250 SIZE {}",
                        listener_.limits_.message_bytes),
            Next::command};
  }
  if (begins(line, "QUIT")) return {"221 2.0.0 goodbye", Next::end};
  if (begins(line, "NOOP")) return {"250 2.0.0 ok", Next::command};
  if (begins(line, "RSET")) {
    sender_.reset();
    recipients_.clear();
    return {"250 2.0.0 ok", Next::command};
  }
  if (begins(line, "HELO") || begins(line, "EHLO")) return {"500 5.5.1 this is LMTP: LHLO", Next::command};
  if (!greeted_) return {"503 5.5.1 LHLO first", Next::command};
  if (begins(line, "MAIL FROM:")) return {take_sender(line), Next::command};
  if (begins(line, "RCPT TO:")) return {take_recipient(line), Next::command};
  if (begins(line, "DATA")) {
    if (recipients_.empty()) return {"503 5.5.1 no recipient", Next::command};
    return {"354 the message, and a line with a dot", Next::message};
  }
  return {"500 5.5.1 unknown command", Next::command};
}

std::string LmtpSession::take_sender(std::string_view argument) {
  if (sender_) return "503 5.5.1 there is a sender already";
  sender_ = path_of(argument);
  return sender_ ? "250 2.1.0 ok" : "501 5.1.7 this is no address";
}

std::string LmtpSession::take_recipient(std::string_view argument) {
  if (!sender_) return "503 5.5.1 MAIL first";
  const auto path = path_of(argument);
  if (!path) return "501 5.1.3 this is no address";
  if (recipients_.size() >= kRecipients) return "452 4.5.3 too many recipients";
  if (!listener_.gateway_.takes_mail_for(*path)) return "550 5.1.1 nobody of this name is registered";
  recipients_.push_back(*path);
  return "250 2.1.5 ok";
}

// RFC 2033 §4.2: a reply for each recipient.
Task<bool> LmtpSession::take_message() {
  const bool complete = co_await read_message();
  if (!complete) co_return false;
  deadline_.cancel();
  const std::string sender = *std::exchange(sender_, std::nullopt);
  const std::vector<std::string> recipients = std::exchange(recipients_, {});
  for (const std::string& recipient : recipients) {
    std::string answer = "552 5.3.4 the message is too large";
    if (!too_large_) answer = co_await listener_.gateway_.deliver(recipient, sender, message_);
    listener_.thread_.log().info("mail.received", {{"from", sender}, {"to", recipient}, {"reply", answer}});
    const bool open = co_await reply(std::move(answer));
    if (!open) co_return false;
  }
  message_ = {};
  co_return true;
}

}  // namespace vestnik::mail
