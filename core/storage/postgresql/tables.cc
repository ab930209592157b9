#include "core/storage/postgresql/tables.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <utility>

#include "core/storage/postgresql/migrate.h"
#include "core/storage/postgresql/server.h"
#include "core/storage/postgresql/statement.h"

namespace vestnik::storage::postgresql {
namespace {

constexpr int kRowsAtATime = 1'000;

std::string columns_of(const Table& table) {
  std::vector<std::string_view> names;
  names.reserve(table.columns.size());
  for (const Column& column : table.columns) names.push_back(column.name);
  return fmt::format("{}", fmt::join(names, ", "));
}

/// A connection to a database that nobody else uses, with the present schema, in a transaction.
Connection open(const std::string& url, const char* begin) {
  Connection connection(Server(url).connect());
  take_over(connection, 0);
  migrate(connection, migrations());
  connection.execute(begin);
  return connection;
}

class Source final : public TableSource {
 public:
  explicit Source(const std::string& url)
      : connection_(open(url, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")) {}

  void read(const Table& table, const std::function<void(const Row&)>& take) override {
    const std::string declare = fmt::format("DECLARE rows NO SCROLL CURSOR FOR SELECT {} FROM {} ORDER BY {}",
                                            columns_of(table), table.read_from(), table.order);
    connection_.send(declare.c_str());
    Statement fetch(connection_, fmt::format("FETCH {} FROM rows", kRowsAtATime));
    Row row(table.columns.size());
    for (bool more = true; more;) {
      more = false;
      Rows rows = fetch.query();
      while (rows.next()) {
        for (std::size_t i = 0; i < row.size(); ++i)
          row[i] = value(rows, static_cast<int>(i), table.columns[i].type);
        take(row);
        more = true;
      }
    }
    connection_.send("CLOSE rows");
  }

 private:
  static Value value(const Rows& rows, int column, ColumnType type) {
    if (rows.is_null(column)) return {};
    if (type == ColumnType::number || type == ColumnType::flag) return rows.integer(column);
    return rows.text(column);
  }

  Connection connection_;
};

class Sink final : public TableSink {
 public:
  explicit Sink(const std::string& url) : connection_(open(url, "BEGIN")) {}

  bool holds(const Table& table) override {
    return connection_.value(fmt::format("SELECT 1 FROM {} LIMIT 1", table.name)).has_value();
  }

  void begin(const Table& table) override {
    std::vector<std::string> places;
    places.reserve(table.columns.size());
    for (std::size_t i = 1; i <= table.columns.size(); ++i) places.push_back(fmt::format("${}", i));
    insert_ = connection_.prepare(fmt::format("INSERT INTO {} ({}) VALUES ({})", table.name,
                                              columns_of(table), fmt::join(places, ", ")));
    table_ = &table;
  }

  void write(const Row& row) override {
    std::vector<Parameter> parameters;
    parameters.reserve(row.size());
    for (std::size_t i = 0; i < row.size(); ++i)
      parameters.push_back(parameter(row[i], table_->columns[i].type));
    std::vector<const char*> data;
    std::vector<int> sizes;
    data.reserve(row.size());
    sizes.reserve(row.size());
    for (const Parameter& one : parameters) {
      data.push_back(one.data());
      sizes.push_back(one.size());
    }
    const std::vector<int> formats(parameters.size(), 1);
    connection_.send_prepared(insert_, {.values = data, .lengths = sizes, .formats = formats}, nullptr);
  }

  // Numbers of accounts that are gone are not given out again as long as something may hang on them.
  void finish() override {
    connection_.settle();
    connection_.value(
        "SELECT setval(pg_get_serial_sequence('account', 'id'), greatest((SELECT max(id) FROM account), "
        "(SELECT max(owner) FROM archive_orphan), 1))");
    connection_.execute("COMMIT");
  }

 private:
  static Parameter parameter(const Value& value, ColumnType type) {
    if (const auto* number = std::get_if<std::int64_t>(&value))
      return type == ColumnType::flag ? Parameter(*number != 0) : Parameter(*number);
    const auto* text = std::get_if<std::string>(&value);
    return text != nullptr ? Parameter(*text) : Parameter(std::optional<bool>());
  }

  Connection connection_;
  std::string insert_;
  const Table* table_ = nullptr;
};

}  // namespace

std::unique_ptr<TableSource> open_source(const std::string& url) { return std::make_unique<Source>(url); }

std::unique_ptr<TableSink> open_sink(const std::string& url) { return std::make_unique<Sink>(url); }

}  // namespace vestnik::storage::postgresql
