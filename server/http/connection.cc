#include "server/http/connection.h"

#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <chrono>
#include <utility>

#include "core/io/transport_text.h"
#include "server/http/web_server.h"
#include "server/http/web_socket.h"

namespace vestnik::http {
namespace {

constexpr std::string_view kAlpn = "http/1.1";
constexpr std::uint32_t kHeadBytes = 16U * 1024;
// Of a request to what this server serves itself.
constexpr std::uint64_t kBodyBytes = std::uint64_t{64} * 1024;
// From a request's first byte to its last.
constexpr std::chrono::milliseconds kRequestTime{15'000};
constexpr std::chrono::milliseconds kWriteTime{30'000};
// Until the other side has closed, too, and what it may still send until then.
constexpr std::chrono::milliseconds kLinger{2'000};
constexpr std::size_t kLingerBytes = std::size_t{1} << 20U;

// After it the connection ends.
Response last_response(Status status, std::string text) {
  Response last = text_response(status, std::move(text));
  last.keep_alive(false);
  return last;
}

}  // namespace

Connection::Connection(WebServer& server, Transport::Socket socket, bool tls, AddressSlot slot)
    : server_(server),
      transport_(server.thread().buffers(), std::move(socket)),
      tls_(tls),
      slot_(std::move(slot)),
      deadline_([this] { abort(); }) {
  server_.connections().insert(this);
}

Connection::~Connection() { server_.connections().erase(this); }

void Connection::start() {
  auto keep = [](std::shared_ptr<Connection> held) -> Task<void> { co_await held->run(); };
  server_.thread().tasks().spawn("http", keep(shared_from_this()));
}

Task<void> Connection::run() {
  server_.thread().reactor().set(deadline_, server_.config().http.idle_timeout);
  bool more = !tls_ || co_await shake_hands();
  while (more && transport_.is_open()) more = co_await serve_one();
  co_await close_in_order();
}

// Closing with unread input in the socket would reset the connection, and might take the last answer with it
// (RFC 9112 §9.6).
Task<void> Connection::close_in_order() {
  server_.thread().reactor().set(deadline_, kLinger);
  transport_.close_writing();
  for (std::size_t read = 0; transport_.is_open() && read < kLingerBytes;) {
    const Transport::ReadResult got = transport_.read_raw();
    read += got.bytes.size();
    if (got.status == IoStatus::would_block) {
      co_await transport_.readable();
    } else if (got.status != IoStatus::ok) {
      break;
    }
  }
  deadline_.cancel();
  transport_.close();
}

Task<bool> Connection::shake_hands() {
  transport_.start_tls(server_.new_tls(kAlpn));
  for (;;) {
    co_await server_.thread().handshake_step();
    const IoStatus status = transport_.handshake();
    if (status == IoStatus::ok) co_return true;
    if (status != IoStatus::would_block) co_return false;
    co_await transport_.readable();
  }
}

// False: the connection is over.
Task<bool> Connection::serve_one() {
  server_.thread().reactor().set(deadline_, server_.config().http.idle_timeout);
  Request request;
  const Read read = co_await read_request(&request);
  if (read == Read::end) co_return false;
  if (read != Read::request) {
    target_.clear();
    head_only_ = false;
    Response refused = refusal_of(read);
    co_return co_await respond(std::move(refused));
  }
  target_ = std::string(request.target());
  head_only_ = request.method() == Verb::head;
  const bool keep_alive = request.keep_alive();
  Exchange exchange = with_client(std::move(request));
  if (is_web_socket(exchange.request)) co_return co_await upgrade(std::move(exchange));
  Response answer = co_await server_.routes().answer(std::move(exchange));
  answer.keep_alive(keep_alive);
  co_return co_await respond(std::move(answer));
}

Response Connection::refusal_of(Read problem) {
  switch (problem) {
    case Read::head_too_large:
      return last_response(Status::request_header_fields_too_large, "The head of the request is too large.");
    case Read::body_too_large: return last_response(Status::payload_too_large, "The request is too large.");
    default: return last_response(Status::bad_request, "This is not HTTP as it should be.");
  }
}

Task<Connection::Read> Connection::read_request(Request* request) {
  namespace beast = boost::beast::http;
  beast::request_parser<beast::string_body> parser;
  parser.eager(true);
  parser.header_limit(kHeadBytes);
  parser.body_limit(kBodyBytes);
  bool begun = false;
  while (!parser.is_done()) {
    boost::system::error_code error;
    if (!input_.empty()) {
      if (!std::exchange(begun, true)) server_.thread().reactor().set(deadline_, kRequestTime);
      input_.erase(0, parser.put(boost::asio::buffer(input_), error));
    }
    if (error == beast::error::header_limit) co_return Read::head_too_large;
    if (error == beast::error::body_limit) co_return Read::body_too_large;
    if (error && error != beast::error::need_more) co_return Read::bad;
    if (parser.is_done()) break;
    if (input_.size() > kHeadBytes) co_return Read::head_too_large;
    const bool filled = co_await read_more(&transport_, &input_);
    if (!filled) co_return Read::end;
  }
  *request = parser.release();
  co_return Read::request;
}

// True if another request may follow.
Task<bool> Connection::respond(Response response) {
  const bool keep_alive = response.keep_alive();
  response.set(Field::server, "Vestnik");
  response.set("X-Content-Type-Options", "nosniff");
  server_.log().debug("http.request", {{"address", transport_.peer_address().to_string()},
                                       {"target", target_},
                                       {"status", response.result_int()}});
  const bool written = co_await write(serialize(std::move(response), head_only_));
  co_return written&& keep_alive;
}

Task<bool> Connection::write(std::string bytes) {
  server_.thread().reactor().set(deadline_, kWriteTime);
  return write_all(&transport_, std::move(bytes));
}

// A trusted proxy says for whom it speaks (the last address is what it has seen itself), and whether that
// connection has TLS; one on this machine that says nothing is this machine.
Exchange Connection::with_client(Request request) const {
  Exchange exchange{
      .request = std::move(request), .client = transport_.peer_address(), .https = tls_, .secure = tls_};
  if (!server_.is_proxy(transport_.peer_address())) return exchange;
  std::string_view forwarded;
  if (const auto field = exchange.request.find("X-Forwarded-For"); field != exchange.request.end())
    forwarded = {field->value().data(), field->value().size()};
  forwarded = forwarded.substr(forwarded.find_last_of(", ") + 1);
  boost::system::error_code error;
  const auto client = boost::asio::ip::make_address(std::string(forwarded), error);
  if (!error) exchange.client = client;
  const auto protocol = exchange.request.find("X-Forwarded-Proto");
  const bool says_https = protocol != exchange.request.end() && protocol->value() == "https";
  exchange.https = exchange.https || says_https;
  exchange.secure = exchange.https || protocol == exchange.request.end();
  return exchange;
}

// The connection goes to a shard, and goes on there as a client's stream.
Task<bool> Connection::upgrade(Exchange exchange) {
  Result<std::string, Response> agreed = agree_to_web_socket(exchange, server_.config());
  if (agreed && !input_.empty()) {
    agreed = Err(last_response(Status::bad_request, "A WebSocket's client waits for the answer."));
  }
  // A proxy is not counted, those behind it are.
  if (agreed && server_.is_proxy(transport_.peer_address()) &&
      !slot_.take(server_.services(), exchange.client, server_.config().limits)) {
    agreed = Err(last_response(Status::too_many_requests, "There are too many connections."));
  }
  if (!agreed) co_return co_await respond(std::move(agreed.error()));
  const bool written = co_await write(*std::move(agreed));
  if (!written) co_return false;
  transport_.set_peer_address(exchange.client);
  server_.start_stream(transport_.release(), std::move(slot_), exchange.secure, tls_);
  co_return false;
}

}  // namespace vestnik::http
