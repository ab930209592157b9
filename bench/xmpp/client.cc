#include "bench/xmpp/client.h"

#include <fmt/format.h>

#include <utility>

#include "proto/xml/writer.h"

namespace vestnik::bench {

std::string Client::resource() const {
  if (target().resources == 1) return target().resource;
  return target().resource + std::to_string(number_ % target().resources);
}

void Client::send(std::string_view xml) {
  if (!target().web_socket) return connection_.write(xml);
  messages_.clear();
  WebSocket::append(messages_, xml);
  connection_.write(messages_);
}

void Client::run(Task<> script, std::function<void()> done) {
  script_ = std::move(script);
  done_ = std::move(done);
  script_.start();
  finish_if_done();
}

void Client::check_deadline(Clock::time_point now) {
  if (now < deadline_) return;
  const auto seconds = std::chrono::duration<double>(target().timeout).count();
  fail(fmt::format("no answer within {} s", seconds));
}

void Client::drop() {
  connection_.close();
  waiting_ = {};
  awaited_ = Awaited::nothing;
  deadline_ = Clock::time_point::max();
  script_ = {};
}

void Client::count_stanzas(std::string_view resumption) {
  counting_ = true;
  stanzas_in_ = 0;
  resumption_ = resumption;
}

Client::Wait Client::connected() {
  const auto& sources = target().sources;
  cutter_.reset();
  web_socket_ = {};
  counting_ = false;
  connection_.connect(target().address, sources.empty() ? nullptr : &sources[number_ % sources.size()]);
  return {*this, Awaited::connected};
}

Client::Wait Client::secured() {
  connection_.start_tls(context_.tls, TlsEngine::Role::client, target().domain);
  return {*this, Awaited::secured};
}

Client::Wait Client::agreed() {
  connection_.write(WebSocket::request(target().domain));
  return {*this, Awaited::agreed};
}

Client::Wait Client::stream_opened() {
  cutter_.reset();
  if (target().web_socket) {
    send(
        fmt::format("<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='{}' version='1.0' xml:lang='en'/>",
                    target().domain));
    return element();
  }
  send(fmt::format(
      "<?xml version='1.0'?><stream:stream to='{}' version='1.0' xml:lang='en' xmlns='jabber:client' "
      "xmlns:stream='http://etherx.jabber.org/streams'>",
      target().domain));
  return element();
}

Client::Wait Client::result(std::string id) {
  awaited_id_ = std::move(id);
  return {*this, Awaited::result};
}

Client::Wait Client::reply(std::string id) {
  awaited_id_ = std::move(id);
  return {*this, Awaited::reply};
}

Client::Wait Client::matching(Predicate wanted) {
  wanted_ = std::move(wanted);
  return {*this, Awaited::match};
}

Client::Wait Client::closed() {
  send(target().web_socket ? "<close xmlns='urn:ietf:params:xml:ns:xmpp-framing'/>" : "</stream:stream>");
  return {*this, Awaited::closed};
}

Client::Wait Client::failure(std::string_view reason) {
  fail(reason);
  return {*this, Awaited::nothing};
}

void Client::on_bytes(std::string_view bytes) {
  if (!target().web_socket) return on_stream(bytes);
  while (connection_.is_open()) {
    switch (web_socket_.next(bytes)) {
      case WebSocket::Event::need_more: return;
      case WebSocket::Event::agreed: resume_if(Awaited::agreed); break;
      case WebSocket::Event::text: on_stream(web_socket_.text()); break;
      case WebSocket::Event::closed: return on_stream_end();
      case WebSocket::Event::refused: return fail(fmt::format("the server answers {}", web_socket_.text()));
    }
  }
}

void Client::on_stream(std::string_view bytes) {
  while (connection_.is_open()) {
    switch (cutter_.next(bytes)) {
      case Cutter::Event::need_more: return;
      case Cutter::Event::stream_open: resume_if(Awaited::element, cutter_.element()); break;
      case Cutter::Event::element: on_element(cutter_.element()); break;
      case Cutter::Event::stream_close: return on_stream_end();
    }
  }
}

void Client::on_stream_end() {
  if (awaited_ == Awaited::closed) connection_.close();
  on_closed("the server closed the stream");
}

void Client::on_closed(std::string_view reason) {
  if (awaited_ == Awaited::closed) {
    resume_if(Awaited::closed);
  } else {
    fail(reason);
  }
}

void Client::on_element(Element element) {
  if (element.is("stream:error")) return fail("stream error: " + describe_error(element));
  if (target().web_socket && element.is("close")) return on_stream_end();
  if (counting_ && manage_stream(element)) return;
  if (awaited_ == Awaited::element) return resume_if(Awaited::element, element);
  if (awaited_ == Awaited::match && wanted_(element)) return resume_if(Awaited::match, element);
  if (element.is("iq")) return on_iq(element);
  context_.listener.on_stanza(*this, element);
}

void Client::on_iq(Element iq) {
  const auto type = iq.attr("type");
  const bool is_answer = type == "result" || type == "error";
  if (!is_answer) answer_request(iq);
  const bool awaited =
      (awaited_ == Awaited::result || awaited_ == Awaited::reply) && iq.attr("id") == awaited_id_;
  if (!is_answer || !awaited) return context_.listener.on_stanza(*this, iq);
  if (type == "error" && awaited_ == Awaited::result) return fail(describe_error(iq));
  resume_if(awaited_, iq);
}

// Roster pushes and pings are answered with a result; for what else a server may ask, "no" is an answer too.
void Client::answer_request(Element iq) {
  const bool known = iq.contains("jabber:iq:roster") || iq.contains("urn:xmpp:ping");
  const auto from = iq.attr("from");
  const std::string to = from.empty() ? "" : fmt::format(" to='{}'", from);
  if (caps_ != nullptr && iq.contains("http://jabber.org/protocol/disco#info")) {
    send(fmt::format("<iq type='result' id='{}'{}>{}</iq>", iq.attr("id"), to, caps_->answer()));
  } else if (known) {
    send(fmt::format("<iq type='result' id='{}'{}/>", iq.attr("id"), to));
  } else {
    send(
        fmt::format("<iq type='error' id='{}'{}><error type='cancel'><service-unavailable "
                    "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>",
                    iq.attr("id"), to));
  }
}

/// Counts what XEP-0198 counts; true if the element was one of its own.
bool Client::manage_stream(Element element) {
  if (element.is("r")) {
    send(fmt::format("<a xmlns='urn:xmpp:sm:3' h='{}'/>", stanzas_in_));
    return true;
  }
  if (element.is("a")) {
    if (awaited_ == Awaited::match && wanted_(element)) {
      resume_if(Awaited::match, element);
    } else {
      context_.listener.on_stanza(*this, element);
    }
    return true;
  }
  ++stanzas_in_;
  return false;
}

void Client::wait(Awaited what, std::coroutine_handle<> script) {
  if (failed_) return;  // never resumed; fail() arranges the script's end
  waiting_ = script;
  awaited_ = what;
  deadline_ = Clock::now() + target().timeout;
}

void Client::resume_if(Awaited what, Element element) {
  if (awaited_ != what || !waiting_) return;
  awaited_ = Awaited::nothing;
  deadline_ = Clock::time_point::max();
  arrived_ = element;
  std::exchange(waiting_, {}).resume();
  finish_if_done();
}

void Client::finish_if_done() {
  if (failed_ || !script_.done() || !done_) return;
  std::exchange(done_, {})();
}

void Client::fail(std::string_view reason) {
  if (failed_) return;
  failed_ = true;
  deadline_ = Clock::time_point::max();
  awaited_ = Awaited::nothing;
  waiting_ = {};
  context_.listener.on_failed(*this, step_, reason);
  connection_.close();
  context_.loop.defer([this] { script_ = {}; });  // it may be running right now
}

std::string describe_error(Element element) {
  const Element inner = element.find("error") ? element.find("error") : element;
  const auto begin = inner.bytes().find('<', 1);
  std::string text(begin == std::string_view::npos ? inner.bytes()
                                                   : Element(inner.bytes().substr(begin)).name());
  if (const Element said = inner.find("text")) {
    text.append(" (").append(xml::unescape(said.text()).value_or(std::string(said.text()))).append(")");
  }
  return text;
}

}  // namespace vestnik::bench
