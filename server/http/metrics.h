#pragma once
#include "server/admin/context.h"
#include "server/http/routes.h"

namespace vestnik::http {

/// `/metrics`: what the server has counted and how it is doing, in Prometheus' text format, for the networks
/// of `http.metrics_from`. Shards are asked one after the other, in steps that hold up none of them.
void add_metrics(Routes& routes, admin::AdminContext& context);

}  // namespace vestnik::http
