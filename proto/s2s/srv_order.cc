#include "proto/s2s/srv_order.h"

#include <algorithm>
#include <span>

#include "proto/jid/ascii.h"

namespace vestnik::s2s {
namespace {

constexpr std::size_t kFixedBytes = 6;
constexpr std::size_t kMaxLabelBytes = 63;
constexpr std::size_t kMaxNameBytes = 255;

std::uint16_t number_at(std::string_view data, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned>(static_cast<unsigned char>(data[i])); };
  return static_cast<std::uint16_t>(byte(at) << 8U | byte(at + 1));
}

// A sequence of labels that ends with an empty one, and nothing behind it.
std::optional<std::string> parse_name(std::string_view data) {
  std::string name;
  if (data.size() > kMaxNameBytes) return std::nullopt;
  for (std::size_t at = 0; at < data.size();) {
    const std::size_t size = static_cast<unsigned char>(data[at]);
    if (size == 0) return at + 1 == data.size() ? std::optional(name) : std::nullopt;
    if (size > kMaxLabelBytes || at + 1 + size >= data.size()) return std::nullopt;
    if (!name.empty()) name += '.';
    for (const char c : data.substr(at + 1, size)) name += jid_ascii::lower(c);
    at += 1 + size;
  }
  return std::nullopt;
}

// Not quite uniform for sums that do not divide 2^32, by less than one part in ten thousand.
std::uint32_t random_up_to(std::uint32_t most, RandomSource& random) {
  std::uint32_t number = 0;
  random.fill(std::as_writable_bytes(std::span(&number, 1)));
  return number % (most + 1);
}

// RFC 2782, "Weight": those of weight 0 first, then the first whose running sum reaches the random number.
std::size_t pick(std::span<const SrvRecord> records, RandomSource& random) {
  std::uint32_t sum = 0;
  for (const SrvRecord& record : records) sum += record.weight;
  const std::uint32_t wanted = random_up_to(sum, random);
  std::uint32_t running = 0;
  for (std::size_t i = 0; i < records.size(); ++i) {
    running += records[i].weight;
    if (running >= wanted) return i;
  }
  return records.size() - 1;
}

}  // namespace

std::optional<SrvRecord> parse_srv(std::string_view data, bool direct_tls) {
  if (data.size() <= kFixedBytes) return std::nullopt;
  auto target = parse_name(data.substr(kFixedBytes));
  if (!target) return std::nullopt;
  return SrvRecord{.priority = number_at(data, 0),
                   .weight = number_at(data, 2),
                   .port = number_at(data, 4),
                   .target = *std::move(target),
                   .direct_tls = direct_tls};
}

std::vector<SrvRecord> order_srv(std::vector<SrvRecord> records, RandomSource& random) {
  std::erase_if(records, [](const SrvRecord& record) { return record.target.empty() || record.port == 0; });
  std::ranges::sort(records, [](const SrvRecord& a, const SrvRecord& b) {
    if (a.priority != b.priority) return a.priority < b.priority;
    return a.weight == 0 && b.weight != 0;
  });
  for (auto first = records.begin(); first != records.end(); ++first) {
    const auto last =
        std::find_if(first, records.end(), [&](const auto& r) { return r.priority != first->priority; });
    const std::size_t chosen =
        pick(std::span<const SrvRecord>(&*first, static_cast<std::size_t>(last - first)), random);
    std::rotate(first, first + static_cast<std::ptrdiff_t>(chosen),
                first + static_cast<std::ptrdiff_t>(chosen) + 1);
  }
  return records;
}

}  // namespace vestnik::s2s
