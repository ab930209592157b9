#include "proto/sasl/sasl1.h"

#include <utility>

#include "proto/base/base64.h"
#include "proto/xml/ns.h"

namespace vestnik::sasl {
namespace {

std::string data_xml(std::string_view name, std::string_view data) {
  std::string out;
  xml::Writer(out).leaf(name, base64_encode(data), ns::kSasl);
  return out;
}

}  // namespace

void write_mechanisms(xml::Writer& writer, const Offer& offer) {
  if (offer.mechanisms().empty()) return;
  writer.open("mechanisms", ns::kSasl);
  for (const Mechanism mechanism : offer.mechanisms()) writer.leaf("mechanism", to_string(mechanism));
  writer.close();
}

Result<Secret, Failure> decode_response(std::string_view text) {
  if (text == "=") return Secret{};
  std::optional<std::string> bytes = base64_decode(text);
  if (!bytes)
    return Err(Failure{FailureCondition::incorrect_encoding, "This is not base64 (RFC 4648 section 4)."});
  return Secret(*std::move(bytes));
}

Result<std::optional<Secret>, Failure> decode_initial_response(std::string_view text) {
  if (text.empty()) return std::nullopt;
  Result<Secret, Failure> bytes = decode_response(text);
  if (!bytes) return Err(std::move(bytes.error()));
  return std::optional(*std::move(bytes));
}

std::string challenge_xml(std::string_view data) { return data_xml("challenge", data); }

std::string success_xml(std::string_view additional_data) { return data_xml("success", additional_data); }

std::string failure_xml(const Failure& failure) {
  std::string out;
  xml::Writer writer(out);
  writer.open("failure", ns::kSasl).leaf(to_string(failure.condition));
  if (!failure.text.empty()) writer.open("text").attr("xml:lang", "en").text(failure.text).close();
  writer.close();
  return out;
}

}  // namespace vestnik::sasl
