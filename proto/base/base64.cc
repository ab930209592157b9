#include "proto/base/base64.h"

#include <array>
#include <cstdint>

namespace vestnik {
namespace {

struct Alphabet {
  std::string_view digits;
  std::array<std::uint8_t, 256> values{};  ///< kInvalid, or what the character stands for

  static constexpr std::uint8_t kInvalid = 0xff;

  explicit consteval Alphabet(std::string_view text) : digits(text) {
    values.fill(kInvalid);
    for (std::size_t i = 0; i < text.size(); ++i) {
      values[static_cast<unsigned char>(text[i])] = static_cast<std::uint8_t>(i);
    }
  }
};

constexpr Alphabet kStandard{"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"};
constexpr Alphabet kUrlSafe{"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"};

std::string encode(const Alphabet& alphabet, std::string_view bytes) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  std::uint32_t bits = 0;
  unsigned bit_count = 0;
  for (const char byte : bytes) {
    bits = bits << 8U | static_cast<unsigned char>(byte);
    bit_count += 8;
    while (bit_count >= 6) {
      bit_count -= 6;
      text += alphabet.digits[bits >> bit_count & 63U];
    }
  }
  if (bit_count > 0) text += alphabet.digits[bits << (6 - bit_count) & 63U];
  return text;
}

std::optional<std::string> decode(const Alphabet& alphabet, std::string_view digits) {
  if (digits.size() % 4 == 1) return std::nullopt;
  std::string bytes;
  bytes.reserve(digits.size() / 4 * 3 + 2);
  std::uint32_t bits = 0;
  unsigned bit_count = 0;
  for (const char digit : digits) {
    const std::uint8_t value = alphabet.values[static_cast<unsigned char>(digit)];
    if (value == Alphabet::kInvalid) return std::nullopt;
    bits = bits << 6U | value;
    bit_count += 6;
    if (bit_count >= 8) {
      bit_count -= 8;
      bytes += static_cast<char>(bits >> bit_count & 0xffU);
    }
  }
  const std::uint32_t unused_bits = bits & ((1U << bit_count) - 1U);
  if (unused_bits != 0) return std::nullopt;
  return bytes;
}

}  // namespace

std::string base64_encode(std::string_view bytes) {
  std::string text = encode(kStandard, bytes);
  text.resize((text.size() + 3) / 4 * 4, '=');
  return text;
}

std::optional<std::string> base64_decode(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  // Stripping no more than two signs leaves a third one to be refused as a digit.
  for (int i = 0; i < 2 && text.ends_with('='); ++i) text.remove_suffix(1);
  return decode(kStandard, text);
}

std::string base64url_encode(std::string_view bytes) { return encode(kUrlSafe, bytes); }

std::optional<std::string> base64url_decode(std::string_view text) { return decode(kUrlSafe, text); }

}  // namespace vestnik
