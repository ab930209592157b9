#include "core/storage/sqlite/tables.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <filesystem>
#include <optional>
#include <utility>

#include "core/storage/sqlite/connection.h"
#include "core/storage/sqlite/statement.h"

namespace vestnik::storage::sqlite {
namespace {

std::string columns_of(const Table& table) {
  std::vector<std::string_view> names;
  names.reserve(table.columns.size());
  for (const Column& column : table.columns) names.push_back(column.name);
  return fmt::format("{}", fmt::join(names, ", "));
}

class Source final : public TableSource {
 public:
  explicit Source(Database database)
      : database_(std::move(database)), snapshot_(database_, Database::Lock::none) {}

  void read(const Table& table, const std::function<void(const Row&)>& take) override {
    Statement select(database_, fmt::format("SELECT {} FROM {} ORDER BY {}", columns_of(table),
                                            table.read_from(), table.order));
    Cursor cursor = select.query();
    Row row(table.columns.size());
    while (cursor.next()) {
      for (std::size_t i = 0; i < row.size(); ++i)
        row[i] = value(cursor, static_cast<int>(i), table.columns[i].type);
      take(row);
    }
  }

 private:
  static Value value(const Cursor& cursor, int column, ColumnType type) {
    if (cursor.is_null(column)) return {};
    if (type == ColumnType::number || type == ColumnType::flag) return cursor.integer(column);
    return cursor.text(column);
  }

  Database database_;
  Transaction snapshot_;
};

class Sink final : public TableSink {
 public:
  explicit Sink(Database database)
      : database_(std::move(database)), transaction_(database_, Database::Lock::write) {}

  bool holds(const Table& table) override {
    return database_.number(fmt::format("SELECT EXISTS (SELECT 1 FROM {})", table.name)) != 0;
  }

  void begin(const Table& table) override {
    std::vector<std::string> places;
    places.reserve(table.columns.size());
    for (std::size_t i = 1; i <= table.columns.size(); ++i) places.push_back(fmt::format("?{}", i));
    insert_.emplace(database_, fmt::format("INSERT INTO {} ({}) VALUES ({})", table.name, columns_of(table),
                                           fmt::join(places, ", ")));
    table_ = &table;
  }

  void write(const Row& row) override {
    for (std::size_t i = 0; i < row.size(); ++i)
      bind(static_cast<int>(i) + 1, row[i], table_->columns[i].type);
    insert_->run_bound();
  }

  // Numbers of accounts that are gone are not given out again as long as something may hang on them.
  void finish() override {
    database_.execute(
        "UPDATE sqlite_sequence SET seq = max(seq, coalesce((SELECT max(owner) FROM archive_orphan), 0)) "
        "WHERE name = 'account'");
    insert_.reset();
    transaction_.commit();
  }

 private:
  void bind(int index, const Value& value, ColumnType type) {
    if (const auto* number = std::get_if<std::int64_t>(&value)) return insert_->bind(index, *number);
    const auto* text = std::get_if<std::string>(&value);
    if (text == nullptr) return insert_->bind(index, std::optional<std::int64_t>());
    if (type == ColumnType::bytes) return insert_->bind(index, Bytes{*text});
    insert_->bind(index, std::string_view(*text));
  }

  Database database_;
  std::optional<Statement> insert_;
  const Table* table_ = nullptr;
  Transaction transaction_;
};

}  // namespace

std::unique_ptr<TableSource> open_source(const std::string& path) {
  if (!std::filesystem::exists(path)) throw Failure({ErrorKind::io, path + ": there is no such file"});
  return std::make_unique<Source>(open_writer(path, Durability::commit));
}

std::unique_ptr<TableSink> open_sink(const std::string& path) {
  return std::make_unique<Sink>(open_writer(path, Durability::commit));
}

}  // namespace vestnik::storage::sqlite
