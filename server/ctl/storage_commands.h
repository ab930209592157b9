#pragma once
#include <span>

#include "server/admin/command_spec.h"
#include "server/admin/protocol.h"

namespace vestnik::ctl {

/// The commands on storages that no server uses: `storage copy`, `storage migrate`. vestnikctl does them
/// itself. A storage is named by the path of an SQLite file or the URL of a PostgreSQL database.
std::span<const admin::CommandSpec> storage_specs();

/// Does one of them. An error says why nothing was done.
admin::Reply run_storage_command(const admin::Request& request);

}  // namespace vestnik::ctl
