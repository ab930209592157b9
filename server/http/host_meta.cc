#include "server/http/host_meta.h"

#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <utility>

#include "proto/xml/writer.h"
#include "server/http/web_socket.h"

namespace vestnik::http {
namespace {

namespace json = boost::json;

constexpr std::string_view kRelation = "urn:xmpp:alt-connections:websocket";

// Under which address the asker reaches us is what it has just shown, unless it is configured: ports may be
// mapped, and proxies stand before us.
std::string web_socket_url(const Exchange& exchange, const HttpConfig& config) {
  std::string base = config.public_url;
  if (base.empty()) {
    base = (exchange.https ? "https://" : "http://") + std::string(field_of(exchange.request, Field::host));
  }
  while (base.ends_with('/')) base.pop_back();
  return "ws" + base.substr(4) + std::string(kWebSocketPath);
}

Response open_to_all(std::string_view type, std::string body) {
  Response made = response(Status::ok, type, std::move(body));
  made.set(Field::access_control_allow_origin, "*");
  return made;
}

Response as_xml(const Exchange& exchange, const HttpConfig& config) {
  std::string body = "<?xml version='1.0' encoding='utf-8'?>";
  xml::Writer(body)
      .open("XRD", "http://docs.oasis-open.org/ns/xri/xrd-1.0")
      .open("Link")
      .attr("rel", kRelation)
      .attr("href", web_socket_url(exchange, config))
      .close()
      .close();
  return open_to_all("application/xrd+xml", std::move(body));
}

Response as_json(const Exchange& exchange, const HttpConfig& config) {
  const json::value link{{"rel", kRelation}, {"href", web_socket_url(exchange, config)}};
  return open_to_all("application/json", json::serialize(json::object{{"links", json::array{link}}}));
}

}  // namespace

void add_host_meta(Routes& routes, std::function<const HttpConfig&()> config) {
  routes.add("/.well-known/host-meta", {Verb::get},
             [config](const Exchange& exchange) { return as_xml(exchange, config()); });
  routes.add("/.well-known/host-meta.json", {Verb::get},
             [config = std::move(config)](const Exchange& exchange) { return as_json(exchange, config()); });
}

}  // namespace vestnik::http
