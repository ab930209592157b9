#pragma once
#include <memory>
#include <string>

#include "core/storage/copy/tables.h"

namespace vestnik::storage::sqlite {

/// A database file as tables. Throw Failure.
std::unique_ptr<TableSource> open_source(const std::string& path);
/// The file may be missing.
std::unique_ptr<TableSink> open_sink(const std::string& path);

}  // namespace vestnik::storage::sqlite
