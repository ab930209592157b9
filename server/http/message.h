#pragma once
#include <boost/asio/ip/address.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <string>
#include <string_view>

namespace vestnik::http {

using Request = boost::beast::http::request<boost::beast::http::string_body>;
using Response = boost::beast::http::response<boost::beast::http::string_body>;
using Status = boost::beast::http::status;
using Field = boost::beast::http::field;
using Verb = boost::beast::http::verb;

/// A request and who sent it. A value.
struct Exchange {
  Request request;
  boost::asio::ip::address client;  ///< the one behind a trusted proxy
  bool https = false;               ///< it came by TLS, to us or to a trusted proxy
  bool secure = false;              ///< nobody could read along: it did, or it has not left this machine
};

/// The path of a request's target, as it stands there; without the query.
inline std::string_view path_of(const Request& request) {
  const std::string_view target(request.target().data(), request.target().size());
  return target.substr(0, target.find_first_of("?#"));
}

/// The value of a header field; empty if there is none.
inline std::string_view field_of(const Request& request, Field name) {
  const auto value = request[name];
  return {value.data(), value.size()};
}

/// An answer with a text for people.
Response text_response(Status status, std::string text);
/// An answer of the given type. `type` is a literal: `application/json`.
Response response(Status status, std::string_view type, std::string body);

/// The bytes of an answer, to a HEAD request without its body.
std::string serialize(Response response, bool head_only);

}  // namespace vestnik::http
