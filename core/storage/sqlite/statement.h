#pragma once
#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include "core/storage/unix_millis.h"

struct sqlite3_stmt;

namespace vestnik::storage::sqlite {

class Database;

/// The rows of a running query, which ends with this object. Columns count from 0.
class Cursor {
 public:
  explicit Cursor(sqlite3_stmt* statement) : statement_(statement) {}
  ~Cursor();
  Cursor(const Cursor&) = delete;
  Cursor& operator=(const Cursor&) = delete;

  /// Goes to the first, then to the next row; false when there is none. Throws Failure.
  bool next();

  bool is_null(int column) const;
  std::int64_t integer(int column) const;
  std::uint64_t count(int column) const { return static_cast<std::uint64_t>(integer(column)); }
  bool boolean(int column) const { return integer(column) != 0; }
  UnixMillis time(int column) const { return UnixMillis(std::chrono::milliseconds(integer(column))); }
  /// Text or bytes; empty if NULL.
  std::string text(int column) const;

 private:
  sqlite3_stmt* statement_;
};

/// Marks a parameter as bytes; a plain string_view is bound as text.
struct Bytes {
  std::string_view data;
};

/// An SQL statement, compiled once for its connection. Parameters ?1, ?2, … are given in order, as numbers,
/// truth values, times, texts, Bytes or optionals of these; what they refer to must live until the call or
/// the Cursor ends.
class Statement {
 public:
  Statement(Database& database, std::string_view sql);

  /// Runs to the end and tells how many rows were changed. Throws Failure.
  template <typename... Parameters>
  std::uint64_t run(const Parameters&... parameters) {
    bind_all(parameters...);
    return run_bound();
  }

  /// Gives one parameter, for statements that are made as the program runs; run_bound() runs them.
  template <std::integral Number>
  void bind(int index, Number number) {
    bind_integer(index, static_cast<std::int64_t>(number));
  }
  void bind(int index, UnixMillis time) { bind_integer(index, time.time_since_epoch().count()); }
  void bind(int index, std::string_view text);
  void bind(int index, Bytes bytes);
  template <typename Parameter>
  void bind(int index, const std::optional<Parameter>& parameter) {
    parameter ? bind(index, *parameter) : bind_null(index);
  }
  std::uint64_t run_bound();

  /// Starts a query. One Cursor at a time.
  template <typename... Parameters>
  Cursor query(const Parameters&... parameters) {
    bind_all(parameters...);
    return Cursor(statement_.get());
  }

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const noexcept;
  };

  template <typename... Parameters>
  void bind_all(const Parameters&... parameters) {
    [[maybe_unused]] int index = 0;
    (bind(++index, parameters), ...);
  }

  void bind_integer(int index, std::int64_t number);
  void bind_null(int index);
  void check(int code);

  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

}  // namespace vestnik::storage::sqlite
