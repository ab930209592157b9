#pragma once
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace vestnik::storage {

/// What all back-ends keep, as tables of plain values: the columns that somebody has to write, under the
/// names that they have in every schema. Indexes, counters and what is made from these are each back-end's
/// own.

enum class ColumnType : std::uint8_t { number, flag, text, bytes };

/// A column of a table.
struct Column {
  std::string_view name;
  ColumnType type = ColumnType::number;
};

/// A table, and how to read all of it.
struct Table {
  std::string_view name;
  std::string_view order;  ///< columns to read it by
  std::vector<Column> columns;
  std::string_view source = {};  ///< what to read it from; empty: the table itself

  std::string_view read_from() const { return source.empty() ? name : source; }
};

/// Every table, those before it that it refers to.
std::span<const Table> tables();

/// NULL, a number (a flag is 0 or 1), or text or bytes.
using Value = std::variant<std::monostate, std::int64_t, std::string>;
using Row = std::vector<Value>;

/// A storage that is read table by table, all of one moment. What fails throws Failure.
class TableSource {
 public:
  virtual ~TableSource() = default;
  virtual void read(const Table& table, const std::function<void(const Row&)>& take) = 0;
};

/// A storage that is filled, in the order of tables(). What fails throws Failure and leaves nothing behind.
class TableSink {
 public:
  virtual ~TableSink() = default;
  /// Whether it holds any row of this table.
  virtual bool holds(const Table& table) = 0;
  virtual void begin(const Table& table) = 0;
  /// A row of that table.
  virtual void write(const Row& row) = 0;
  /// What was written stays.
  virtual void finish() = 0;
};

}  // namespace vestnik::storage
