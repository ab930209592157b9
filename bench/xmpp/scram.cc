#include "bench/xmpp/scram.h"

#include <fmt/format.h>

#include <charconv>

#include "proto/base/base64.h"

namespace vestnik::bench {
namespace {

constexpr std::uint32_t kMostIterations = 10'000'000;  // more would look like a hang

/// The value of `key=` in a comma-separated SCRAM message; "" when absent.
std::string_view field(std::string_view message, char key) {
  while (!message.empty()) {
    const std::string_view part = message.substr(0, message.find(','));
    if (part.size() >= 2 && part[0] == key && part[1] == '=') return part.substr(2);
    message.remove_prefix(std::min(part.size() + 1, message.size()));
  }
  return {};
}

std::string escape_name(std::string_view name) {
  std::string escaped;
  for (const char c : name) {
    if (c == ',') {
      escaped += "=2C";
    } else if (c == '=') {
      escaped += "=3D";
    } else {
      escaped += c;
    }
  }
  return escaped;
}

std::string exclusive_or(std::string a, std::string_view b) {
  for (std::size_t i = 0; i < a.size(); ++i) a[i] = static_cast<char>(a[i] ^ b[i]);
  return a;
}

}  // namespace

ScramClient::ScramClient(const Login& login, std::optional<ScramKeys>& cache)
    : cache_(cache),
      hash_(login.hash),
      password_(login.password),
      nonce_(login.nonce),
      gs2_header_(login.channel_binding ? "p=tls-exporter,," : "n,,"),
      channel_binding_(login.channel_binding.value_or("")),
      first_bare_(fmt::format("n={},r={}", escape_name(login.user), login.nonce)) {}

Result<std::string, std::string> ScramClient::answer(std::string_view server_first) {
  const std::string_view nonce = field(server_first, 'r');
  const auto salt = base64_decode(field(server_first, 's'));
  const std::string_view count = field(server_first, 'i');
  std::uint32_t iterations = 0;
  std::from_chars(count.data(), count.data() + count.size(), iterations);
  if (!nonce.starts_with(nonce_) || nonce.size() == nonce_.size())
    return Err(std::string("the nonce is not ours"));
  if (!salt || salt->empty()) return Err(std::string("the salt is no base64"));
  if (iterations == 0 || iterations > kMostIterations)
    return Err(fmt::format("the iteration count is '{}'", count));

  const ScramKeys& keys = keys_for(*salt, iterations);
  const std::string without_proof =
      fmt::format("c={},r={}", base64_encode(gs2_header_ + channel_binding_), nonce);
  auth_message_ = fmt::format("{},{},{}", first_bare_, server_first, without_proof);
  const std::string signature = hmac(hash_, digest(hash_, keys.client_key), auth_message_);
  return fmt::format("{},p={}", without_proof, base64_encode(exclusive_or(keys.client_key, signature)));
}

Result<void, std::string> ScramClient::verify(std::string_view server_final) const {
  if (const auto error = field(server_final, 'e'); !error.empty()) return Err(std::string(error));
  if (!cache_ || auth_message_.empty()) return Err(std::string("success before the exchange was complete"));
  if (base64_decode(field(server_final, 'v')) != hmac(hash_, cache_->server_key, auth_message_)) {
    return Err(std::string("the server's signature is wrong"));
  }
  return {};
}

const ScramKeys& ScramClient::keys_for(std::string_view salt, std::uint32_t iterations) {
  if (!cache_ || cache_->hash != hash_ || cache_->salt != salt || cache_->iterations != iterations) {
    const std::string salted = pbkdf2(hash_, password_, salt, iterations);
    cache_ = ScramKeys{.hash = hash_,
                       .salt = std::string(salt),
                       .iterations = iterations,
                       .client_key = hmac(hash_, salted, "Client Key"),
                       .server_key = hmac(hash_, salted, "Server Key")};
  }
  return *cache_;
}

}  // namespace vestnik::bench
