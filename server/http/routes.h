#pragma once
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/runtime/reactor.h"
#include "server/http/message.h"

namespace vestnik::http {

/// Answers a request at once.
using Handler = std::function<Response(const Exchange&)>;
/// Answers it later: a coroutine of the web thread.
using WaitingHandler = std::function<Task<Response>(Exchange)>;

/// What is served under which path. Built once; the web thread only.
class Routes {
 public:
  /// `path` is matched as a whole.
  void add(std::string path, std::vector<Verb> verbs, std::variant<Handler, WaitingHandler> handler);

  /// The answer: the handler's, or 404, or 405 with the methods that there are. A handler of GET gets HEAD
  /// too, and OPTIONS are answered here (the CORS protocol: what is offered to all pages is public).
  Task<Response> answer(Exchange exchange) const;

 private:
  struct Route {
    std::vector<Verb> verbs;
    std::variant<Handler, WaitingHandler> handler;
    std::string allowed;  ///< as the field Allow has it
  };
  std::map<std::string, Route, std::less<>> routes_;
};

}  // namespace vestnik::http
