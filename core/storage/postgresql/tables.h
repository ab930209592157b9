#pragma once
#include <memory>
#include <string>

#include "core/storage/copy/tables.h"

namespace vestnik::storage::postgresql {

/// A database as tables. It must not be in use. Throw Failure.
std::unique_ptr<TableSource> open_source(const std::string& url);
std::unique_ptr<TableSink> open_sink(const std::string& url);

}  // namespace vestnik::storage::postgresql
