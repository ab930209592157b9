#include "core/storage/postgresql/statement.h"

#include <charconv>
#include <cstring>

namespace vestnik::storage::postgresql {

bool Rows::next() {
  if (!answer_->settled) connection_.settle();
  return ++row_ < PQntuples(result());
}

bool Rows::is_null(int column) const { return PQgetisnull(result(), row_, column) != 0; }

std::int64_t Rows::integer(int column) const {
  const char* data = PQgetvalue(result(), row_, column);
  const int size = PQgetlength(result(), row_, column);
  std::uint64_t value = 0;  // big-endian, of one byte (boolean) to eight
  for (int i = 0; i < size; ++i) value = value << 8U | static_cast<unsigned char>(data[i]);
  return static_cast<std::int64_t>(value);
}

std::string Rows::text(int column) const {
  return {PQgetvalue(result(), row_, column), static_cast<std::size_t>(PQgetlength(result(), row_, column))};
}

std::uint64_t Statement::rows_changed(const Answer& answer) {
  if (!answer.settled) connection_.settle();
  const std::string_view count = PQcmdTuples(answer.result.get());
  std::uint64_t rows = 0;
  std::from_chars(count.data(), count.data() + count.size(), rows);
  return rows;
}

}  // namespace vestnik::storage::postgresql
