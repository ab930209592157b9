#include "core/storage/copy/copy.h"

#include <fmt/format.h>

#include <memory>

#include "core/storage/copy/tables.h"
#include "core/storage/location.h"
#include "core/storage/postgresql/tables.h"
#include "core/storage/sqlite/tables.h"

namespace vestnik::storage {
namespace {

std::unique_ptr<TableSource> open_source(const std::string& place) {
  return is_postgresql(place) ? postgresql::open_source(place) : sqlite::open_source(place);
}

std::unique_ptr<TableSink> open_sink(const std::string& place) {
  return is_postgresql(place) ? postgresql::open_sink(place) : sqlite::open_sink(place);
}

}  // namespace

std::vector<CopiedTable> copy_storage(const std::string& from, const std::string& to) {
  const auto source = open_source(from);
  const auto sink = open_sink(to);
  for (const Table& table : tables()) {
    if (sink->holds(table)) {
      throw Failure({ErrorKind::constraint,
                     fmt::format("the target is in use: there are rows in its table {}", table.name)});
    }
  }
  std::vector<CopiedTable> copied;
  for (const Table& table : tables()) {
    CopiedTable& count = copied.emplace_back(table.name);
    sink->begin(table);
    source->read(table, [&](const Row& row) {
      sink->write(row);
      ++count.rows;
    });
  }
  sink->finish();
  return copied;
}

}  // namespace vestnik::storage
