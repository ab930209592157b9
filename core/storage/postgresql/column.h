#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace vestnik::storage::postgresql {

/// The values of one column for many rows, as one parameter: an array in PostgreSQL's binary format, to be
/// taken apart by unnest().
class Column {
 public:
  enum class Type : std::uint32_t { number = 20, text = 25 };  ///< the server's numbers of int8 and text

  explicit Column(Type type) : type_(type) { clear(); }

  void add(std::int64_t number);
  void add(std::string_view text);
  void clear();

  /// Valid until the next change.
  std::string_view parameter();
  std::size_t size() const { return size_; }

 private:
  Type type_;
  std::size_t size_ = 0;
  std::string bytes_;  // from the first on behind a header with their number, which is written last
};

}  // namespace vestnik::storage::postgresql
