#pragma once
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <map>
#include <string>
#include <string_view>

#include "proto/base/result.h"

/// The control socket speaks lines of JSON. A request is `{"command":"user add","arguments":{"jid":"…"}}`,
/// its reply
/// `{"result":…}` or `{"error":{"code":"exists","text":"…"}}`. Replies come in the order of the requests.
namespace vestnik::admin {

namespace json = boost::json;

using Arguments = std::map<std::string, std::string, std::less<>>;

/// A command with its arguments, as a client sent it.
struct Request {
  std::string command;
  Arguments arguments;
};

/// Why a command was refused.
struct CommandError {
  std::string code;  ///< for programs: `exists`, `jid-malformed`
  std::string text;  ///< for people
};

/// The code of refusals that may succeed later; vestnikctl's exit status is 75 then.
inline constexpr std::string_view kTryAgain = "try-again";

using Reply = Result<json::object, CommandError>;

/// One line, with its end.
std::string encode(const Request& request);
std::string encode(const Reply& reply);

/// Reads a request, without the line's end. The line is overwritten, as it may hold a password.
Result<Request, CommandError> decode_request(std::string line);

/// Reads a reply; one that makes no sense is an error with the code `protocol`.
Reply decode_reply(std::string_view line);

}  // namespace vestnik::admin
