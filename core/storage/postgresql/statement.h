#pragma once
#include <array>
#include <bit>
#include <concepts>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "core/storage/postgresql/connection.h"
#include "core/storage/unix_millis.h"

namespace vestnik::storage::postgresql {

/// The rows that a query gives. The first look at them waits for the query, and for all that was sent before.
/// Columns count from 0.
class Rows {
 public:
  Rows(Connection& connection, std::shared_ptr<Answer> answer)
      : connection_(connection), answer_(std::move(answer)) {}

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
  const PGresult* result() const { return answer_->result.get(); }

  Connection& connection_;
  std::shared_ptr<Answer> answer_;
  int row_ = -1;
};

/// One parameter in PostgreSQL's binary format.
class Parameter {
 public:
  // NOLINTBEGIN(google-explicit-constructor): parameters are given as they are
  Parameter(bool flag) : size_(1), own_{static_cast<char>(flag ? 1 : 0)} {}
  /// Numbers are bigint in all tables; what is larger means "all".
  template <std::integral Number>
  Parameter(Number number) : size_(8) {
    const std::int64_t value = std::in_range<std::int64_t>(number) ? static_cast<std::int64_t>(number)
                                                                   : std::numeric_limits<std::int64_t>::max();
    own_ = std::bit_cast<std::array<char, 8>>(std::byteswap(value));
  }
  Parameter(UnixMillis time) : Parameter(static_cast<std::int64_t>(time.time_since_epoch().count())) {}
  /// Text or bytes, by what the statement makes of it.
  Parameter(std::string_view text) : text_(text.data() == nullptr ? "" : text.data()), size_(text.size()) {}
  Parameter(const std::string& text) : Parameter(std::string_view(text)) {}
  template <typename T>
  Parameter(const std::optional<T>& value) {
    if (value) *this = Parameter(*value);
  }
  // NOLINTEND(google-explicit-constructor)

  /// Null: NULL.
  const char* data() const {
    if (size_ == kNull) return nullptr;
    return text_ != nullptr ? text_ : own_.data();
  }
  int size() const { return size_ == kNull ? 0 : static_cast<int>(size_); }

 private:
  static constexpr std::size_t kNull = std::numeric_limits<std::size_t>::max();

  const char* text_ = nullptr;  // the caller's
  std::size_t size_ = kNull;
  std::array<char, 8> own_{};
};

/// An SQL statement, prepared on its connection. Parameters $1, $2, … are given in order, as numbers, truth
/// values, times, texts, bytes or optionals of these.
class Statement {
 public:
  Statement(Connection& connection, std::string_view sql)
      : connection_(connection), name_(connection.prepare(sql)) {}

  /// Sends it. What goes wrong comes up with the next look at rows, or with the commit.
  template <typename... Values>
  void run(const Values&... values) {
    start(nullptr, values...);
  }
  /// Runs it and tells how many rows it has changed. Throws Failure.
  template <typename... Values>
  std::uint64_t changed(const Values&... values) {
    const auto answer = std::make_shared<Answer>();
    start(answer, values...);
    return rows_changed(*answer);
  }
  template <typename... Values>
  Rows query(const Values&... values) {
    auto answer = std::make_shared<Answer>();
    start(answer, values...);
    return {connection_, std::move(answer)};
  }

 private:
  template <typename... Values>
  void start(std::shared_ptr<Answer> answer, const Values&... values) {
    const std::array<Parameter, sizeof...(Values)> parameters{Parameter(values)...};
    std::array<const char*, sizeof...(Values)> data{};
    std::array<int, sizeof...(Values)> sizes{};
    std::array<int, sizeof...(Values)> formats{};
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      data[i] = parameters[i].data();
      sizes[i] = parameters[i].size();
      formats[i] = 1;
    }
    connection_.send_prepared(name_, {.values = data, .lengths = sizes, .formats = formats},
                              std::move(answer));
  }

  std::uint64_t rows_changed(const Answer& answer);

  Connection& connection_;
  std::string name_;
};

}  // namespace vestnik::storage::postgresql
