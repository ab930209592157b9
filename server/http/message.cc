#include "server/http/message.h"

#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/http/serializer.hpp>
#include <boost/beast/http/write.hpp>
#include <utility>

namespace vestnik::http {

Response text_response(Status status, std::string text) {
  text += '\n';
  return response(status, "text/plain; charset=utf-8", std::move(text));
}

Response response(Status status, std::string_view type, std::string body) {
  Response made;
  made.result(status);
  made.set(Field::content_type, type);
  made.body() = std::move(body);
  return made;
}

std::string serialize(Response response, bool head_only) {
  response.prepare_payload();
  boost::beast::http::response_serializer<boost::beast::http::string_body> serializer(response);
  serializer.split(head_only);
  std::string bytes;
  boost::system::error_code error;
  while (!error && !serializer.is_done() && !(head_only && serializer.is_header_done())) {
    serializer.next(error, [&](boost::system::error_code& /*none*/, const auto& buffers) {
      bytes += boost::beast::buffers_to_string(buffers);
      serializer.consume(boost::beast::buffer_bytes(buffers));
    });
  }
  return bytes;
}

}  // namespace vestnik::http
