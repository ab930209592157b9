// A client that sends whatever it likes, through first message, identity and exchange. Nobody succeeds
// without the proof.
#include <fuzzer/FuzzedDataProvider.h>

#include <cstdlib>
#include <vector>

#include "proto/base/base64.h"
#include "proto/sasl/exchange.h"
#include "proto/sasl/identity.h"
#include "proto/sasl/sasl1.h"

namespace vestnik::sasl {
namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

const Context& context() {
  static const Context instance;
  return instance;
}

/// Views of memory of exactly the right size, so that ASan sees who reads beyond.
std::string_view exact(const std::vector<char>& bytes) { return {bytes.data(), bytes.size()}; }

Offer any_offer(FuzzedDataProvider& input) {
  OfferPolicy policy{.encrypted = true, .scram = true, .plain = true, .anonymous = true, .certificate = true};
  if (input.ConsumeBool()) policy.channel_bindings.push_back(ChannelBindingType::tls_exporter);
  if (input.ConsumeBool()) policy.channel_bindings.push_back(ChannelBindingType::tls_unique);
  return Offer(policy);
}

ScramKeys keys_of(const Jid& account, HashKind kind) {
  return account.local() == "user" ? derive_scram_keys(kind, Secret("pencil"), "salt", 1)
                                   : decoy_keys(kind, "secret", account.full());
}

/// The answer to `challenge` that somebody gives who knows the password, around a channel binding of the
/// input's choice.
std::string right_answer(const FirstMessage& first, std::string_view challenge, std::string_view binding) {
  const HashKind kind = hash_of(first.mechanism);
  const std::size_t header_end = first.bytes.find(',', first.bytes.find(',') + 1) + 1;
  std::string header = first.bytes.substr(0, header_end);
  std::string without_proof = "c=" + base64_encode(header.append(binding)) + ",";
  without_proof += challenge.substr(0, challenge.find(','));

  const std::string client_key = hmac(kind, pbkdf2(kind, "pencil", "salt", 1), "Client Key");
  std::string proof =
      hmac(kind, digest(kind, client_key),
           first.bytes.substr(header_end).append(",").append(challenge).append(",") + without_proof);
  for (std::size_t i = 0; i < proof.size(); ++i) proof[i] = static_cast<char>(proof[i] ^ client_key[i]);
  return without_proof + ",p=" + base64_encode(proof);
}

void scram(FuzzedDataProvider& input, FirstMessage first, const Jid& account) {
  Facts facts{.identity = account, .keys = keys_of(account, hash_of(first.mechanism))};
  if (first.channel_binding) facts.channel_binding = ChannelBinding{*first.channel_binding, "connection"};
  const FirstMessage sent{.mechanism = first.mechanism, .bytes = first.bytes};
  const bool bound = first.channel_binding.has_value();

  Exchange exchange(context(), std::move(first), std::move(facts));
  Step step = exchange.begin();
  const auto* challenge = std::get_if<Challenge>(&step);
  if (challenge == nullptr) return;

  if (input.ConsumeBool()) {
    const std::string_view expected = bound ? "connection" : "";
    const std::string binding =
        input.ConsumeBool() ? std::string(expected) : input.ConsumeRandomLengthString(16);
    const bool entitled = account.local() == "user" && binding == expected;
    step = exchange.answer(right_answer(sent, challenge->data, binding));
    require(std::holds_alternative<Success>(step) == entitled);
  } else {
    const std::vector<char> answer = input.ConsumeRemainingBytes<char>();
    step = exchange.answer(exact(answer));
    require(std::holds_alternative<Failure>(step));
  }
  require(std::holds_alternative<Failure>(exchange.answer("c=biws")));
}

/// Anything, or a SCRAM message that is right up to what follows its nonce.
std::string any_first_message(FuzzedDataProvider& input, Mechanism mechanism, const Offer& offer) {
  std::string message;
  if (is_scram(mechanism) && input.ConsumeBool()) {
    if (binds_channel(mechanism))
      message.append("p=").append(to_string(offer.channel_bindings().back()));
    else
      message = "n";
    message += input.PickValueInArray({",,n=user,r=1", ",a=user@example.org,n=USER,r=1", ",,n=nobody,r=1"});
  }
  return message + input.ConsumeRandomLengthString(256);
}

void converse(FuzzedDataProvider& input) {
  const Offer offer = any_offer(input);
  const auto mechanism = input.PickValueInArray(
      {Mechanism::external, Mechanism::scram_sha_256_plus, Mechanism::scram_sha_1_plus,
       Mechanism::scram_sha_256, Mechanism::scram_sha_1, Mechanism::plain, Mechanism::anonymous});
  if (!offer.contains(mechanism)) return;
  auto first = parse_first_message(mechanism, any_first_message(input, mechanism, offer), offer);
  if (!first) return;
  if (mechanism == Mechanism::external) {
    const Jid candidates[] = {*Jid::parse("user@example.org"), *Jid::parse("example.com")};
    const auto identity = certificate_identity(*first, candidates);
    require(!identity || *identity == candidates[0] || *identity == candidates[1]);
    return;
  }
  if (mechanism == Mechanism::anonymous) return;
  const auto account = account_of(*first, "example.org");
  if (!account) return;
  require(account->is_bare() && account->has_local() && account->domain() == "example.org");
  if (is_scram(mechanism)) return scram(input, *std::move(first), *account);
  if (const auto prepared = prepare_password(first->password.reveal())) require(!prepared->empty());
}

}  // namespace
}  // namespace vestnik::sasl

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  FuzzedDataProvider input(data, size);
  if (input.ConsumeBool()) {
    const auto text = input.ConsumeRemainingBytesAsString();
    const auto bytes = vestnik::sasl::decode_initial_response(text);
    if (bytes && *bytes && text != "=")
      vestnik::sasl::require(vestnik::base64_encode((*bytes)->reveal()) == text);
    return 0;
  }
  vestnik::sasl::converse(input);
  return 0;
}
