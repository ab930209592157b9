#pragma once
#include <memory>
#include <optional>

#include "core/config/config.h"
#include "core/storage/engine/session.h"
#include "core/storage/postgresql/connection.h"
#include "core/storage/postgresql/server.h"

namespace vestnik::storage::postgresql {

/// The session that writes; brings the schema and is the only one of its kind (migrate.h). Throws Failure.
/// The server outlives it.
std::unique_ptr<WriteSession> make_write_session(Server& server, Durability durability);
/// A session that reads snapshots.
std::unique_ptr<Session> make_read_session(Server& server);

}  // namespace vestnik::storage::postgresql
