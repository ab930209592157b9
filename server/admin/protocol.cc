#include "server/admin/protocol.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "proto/base/crypto.h"

namespace vestnik::admin {
namespace {

/// `value[name]` if that is a text, else null.
const json::string* text_at(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  return value == nullptr ? nullptr : value->if_string();
}

}  // namespace

std::string encode(const Request& request) {
  json::object arguments;
  for (const auto& [name, value] : request.arguments) arguments[name] = value;
  return json::serialize(json::object{{"command", request.command}, {"arguments", std::move(arguments)}}) +
         '\n';
}

std::string encode(const Reply& reply) {
  if (reply) return json::serialize(json::object{{"result", *reply}}) + '\n';
  const json::object error{{"code", reply.error().code}, {"text", reply.error().text}};
  return json::serialize(json::object{{"error", error}}) + '\n';
}

Result<Request, CommandError> decode_request(std::string line) {
  const auto malformed = [](std::string text) { return Err(CommandError{"bad-request", std::move(text)}); };
  boost::system::error_code error;
  const json::value parsed = json::parse(line, error);
  cleanse(line);
  const json::object* object = error ? nullptr : parsed.if_object();
  if (object == nullptr) return malformed("a request is a JSON object in one line");
  const json::string* command = text_at(*object, "command");
  if (command == nullptr) return malformed("the request names no command");

  Request request{.command = std::string(*command), .arguments = {}};
  if (const json::value* arguments = object->if_contains("arguments")) {
    if (!arguments->is_object()) return malformed("the arguments are no JSON object");
    for (const auto& [name, value] : arguments->get_object()) {
      if (!value.is_string()) return malformed("an argument is no text");
      request.arguments.emplace(name, value.get_string());
    }
  }
  return request;
}

Reply decode_reply(std::string_view line) {
  boost::system::error_code error;
  const json::value parsed = json::parse(line, error);
  if (const json::object* object = error ? nullptr : parsed.if_object()) {
    const json::value* result = object->if_contains("result");
    if (result != nullptr && result->is_object()) return result->get_object();
    const json::value* failure = object->if_contains("error");
    if (failure != nullptr && failure->is_object()) {
      const json::string* code = text_at(failure->get_object(), "code");
      const json::string* text = text_at(failure->get_object(), "text");
      if (code != nullptr && text != nullptr)
        return Err(CommandError{std::string(*code), std::string(*text)});
    }
  }
  return Err(CommandError{"protocol", "the server's reply makes no sense"});
}

}  // namespace vestnik::admin
