#pragma once
#include <functional>

#include "core/config/config.h"
#include "server/http/routes.h"

namespace vestnik::http {

/// `/.well-known/host-meta` and `host-meta.json`: where this server's WebSocket is, for clients in pages that
/// know nothing but the domain (XEP-0156 §3). Open to scripts of all pages.
void add_host_meta(Routes& routes, std::function<const HttpConfig&()> config);

}  // namespace vestnik::http
