#pragma once
#include <span>
#include <string_view>

#include "core/storage/postgresql/connection.h"

namespace vestnik::storage::postgresql {

/// All steps of the schema (core/storage/schema) from nothing to what this program uses; the version of a
/// schema (table `vestnik_schema`) is the number of steps it has behind it.
std::span<const std::string_view> migrations();

/// Makes this connection the only one of a Vestnik on this schema of the database, until it ends: by an
/// advisory lock, for which it waits a few seconds. `former` is the process of an earlier connection of ours,
/// which may be there still and is then ended; 0: none. Throws Failure.
void take_over(Connection& connection, int former);

/// Takes the steps that are missing, all or none. The lock of take_over() keeps others from doing so at the
/// same time. Throws Failure, also if the schema is of a newer version than `steps` lead to.
void migrate(Connection& connection, std::span<const std::string_view> steps);

}  // namespace vestnik::storage::postgresql
