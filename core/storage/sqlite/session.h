#pragma once
#include <memory>
#include <string>

#include "core/config/config.h"
#include "core/storage/engine/session.h"
#include "core/storage/sqlite/database.h"

namespace vestnik::storage::sqlite {

class Checkpointer;

/// The session on the connection that writes (open_writer()). The checkpointer outlives it.
std::unique_ptr<WriteSession> make_write_session(Database database, Checkpointer& checkpointer);
/// A session that reads snapshots, on a connection of open_reader().
std::unique_ptr<Session> make_read_session(Database database);

}  // namespace vestnik::storage::sqlite
