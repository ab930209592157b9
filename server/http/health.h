#pragma once
#include "server/admin/context.h"
#include "server/http/routes.h"

namespace vestnik::http {

/// `/healthz`: every shard answers. `/readyz`: and what clients send can be stored. 200 or 503, with a
/// sentence that says which of it is not so. For those who restart the process or send it clients; public,
/// and says nothing else.
void add_health(Routes& routes, admin::AdminContext& context);

}  // namespace vestnik::http
