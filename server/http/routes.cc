#include "server/http/routes.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

namespace vestnik::http {

void Routes::add(std::string path, std::vector<Verb> verbs, std::variant<Handler, WaitingHandler> handler) {
  if (std::ranges::find(verbs, Verb::get) != verbs.end()) verbs.push_back(Verb::head);
  std::string allowed = "OPTIONS";
  for (const Verb verb : verbs) {
    const auto name = to_string(verb);
    allowed.append(", ").append(name.data(), name.size());
  }
  routes_.emplace(std::move(path), Route{std::move(verbs), std::move(handler), std::move(allowed)});
}

Task<Response> Routes::answer(Exchange exchange) const {
  const auto found = routes_.find(path_of(exchange.request));
  if (found == routes_.end()) co_return text_response(Status::not_found, "There is nothing here.");
  const Route& route = found->second;
  if (exchange.request.method() == Verb::options) {
    Response options = response(Status::no_content, "text/plain", {});
    options.set(Field::allow, route.allowed);
    options.set(Field::access_control_allow_origin, "*");
    options.set(Field::access_control_allow_methods, route.allowed);
    options.set(Field::access_control_allow_headers, "Content-Type");
    co_return options;
  }
  if (std::ranges::find(route.verbs, exchange.request.method()) == route.verbs.end()) {
    Response refused = text_response(Status::method_not_allowed, "This path has no such method.");
    refused.set(Field::allow, route.allowed);
    co_return refused;
  }
  if (const auto* at_once = std::get_if<Handler>(&route.handler)) co_return (*at_once)(exchange);
  Task<Response> later = std::get<WaitingHandler>(route.handler)(std::move(exchange));
  co_return co_await std::move(later);
}

}  // namespace vestnik::http
