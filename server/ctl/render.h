#pragma once
#include <string>

#include "server/admin/protocol.h"

namespace vestnik::ctl {

/// A command's result for people: lists as tables, everything else as `name: value` lines.
std::string render(const admin::json::object& result);

}  // namespace vestnik::ctl
