#include "proto/sasl/first_message.h"

#include <algorithm>
#include <utility>

namespace vestnik::sasl {
namespace {

constexpr std::size_t kMaxTraceBytes = 1'020;  // RFC 4505 §2: 255 characters

/// What lies between the separators, one after the other: `a,,b` has three fields.
class Fields {
 public:
  Fields(std::string_view text, char separator) : rest_(text), separator_(separator) {}

  std::optional<std::string_view> next() {
    if (!rest_) return std::nullopt;
    const std::string_view all = *rest_;
    const std::size_t end = all.find(separator_);
    rest_ = end == all.npos ? std::nullopt : std::optional(all.substr(end + 1));
    return all.substr(0, end);
  }

 private:
  std::optional<std::string_view> rest_;
  char separator_;
};

/// `n=juliet` -> `juliet` for the name `n`; values are never empty (RFC 5802 §7, attr-val).
std::optional<std::string_view> value_of(char name, std::optional<std::string_view> field) {
  if (!field || field->size() < 3 || field->front() != name || (*field)[1] != '=') return std::nullopt;
  return field->substr(2);
}

/// RFC 5802 §5.1: commas and equals signs of names travel as `=2C` and `=3D`; no other `=` is legal.
std::optional<std::string> decode_saslname(std::string_view encoded) {
  std::string name;
  while (!encoded.empty()) {
    if (encoded.starts_with("=2C")) {
      name += ',';
      encoded.remove_prefix(3);
    } else if (encoded.starts_with("=3D")) {
      name += '=';
      encoded.remove_prefix(3);
    } else if (encoded.front() == '=') {
      return std::nullopt;
    } else {
      name += encoded.front();
      encoded.remove_prefix(1);
    }
  }
  return name;
}

bool is_nonce(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= '!' && c <= '~' && c != ','; });
}

bool is_extension(std::string_view field) {
  const char name = field.empty() ? '\0' : field.front();
  const bool is_letter = (name >= 'a' && name <= 'z') || (name >= 'A' && name <= 'Z');
  return is_letter && value_of(name, field).has_value();
}

Failure downgraded(std::string_view text) { return {FailureCondition::not_authorized, std::string(text)}; }

/// The first field of SCRAM's message: `n`, `y` or `p=type`.
Result<std::optional<ChannelBindingType>, Failure> parse_binding_flag(std::string_view flag, bool plus,
                                                                      const Offer& offer) {
  if (const auto name = value_of('p', flag)) {
    if (!plus) return Err(downgraded("Channel binding needs a -PLUS mechanism."));
    const auto type = offer.channel_binding_named(*name);
    if (!type) return Err(downgraded("This channel binding was not offered."));
    return type;
  }
  if (flag != "n" && flag != "y") return Err(malformed("The channel binding flag is not n, y or p=type."));
  if (plus) return Err(malformed("A -PLUS mechanism needs channel binding."));
  if (flag == "y" && !offer.channel_bindings().empty()) {
    return Err(downgraded("Channel binding was offered, but did not reach you: somebody may be in between."));
  }
  return std::nullopt;
}

/// RFC 5802 §7: gs2-cbind-flag "," ["a=" saslname] "," ["m=" …","] "n=" saslname ",r=" nonce *("," attr-val).
/// A mandatory extension (`m=`) is one we do not know: it fails as anything else in the place of the name.
Result<FirstMessage, Failure> parse_scram(Mechanism mechanism, std::string_view bytes, const Offer& offer) {
  if (bytes.contains('\0')) return Err(malformed("SCRAM's messages contain no NUL."));
  Fields fields(bytes, ',');

  const auto binding = parse_binding_flag(*fields.next(), binds_channel(mechanism), offer);
  if (!binding) return Err(binding.error());
  FirstMessage first{.mechanism = mechanism, .channel_binding = *binding, .bytes = std::string(bytes)};

  const auto authzid_field = fields.next();
  if (!authzid_field) return Err(malformed("The GS2 header is cut short."));
  if (!authzid_field->empty()) {
    const auto authzid = value_of('a', authzid_field).and_then(decode_saslname);
    if (!authzid) return Err(malformed("The authorization identity is malformed."));
    first.authzid = *authzid;
  }

  const auto authcid = value_of('n', fields.next()).and_then(decode_saslname);
  if (!authcid) return Err(malformed("The user name is missing or malformed."));
  first.authcid = *authcid;

  const auto nonce = value_of('r', fields.next());
  if (!nonce || !is_nonce(*nonce)) return Err(malformed("The nonce is missing or malformed."));
  while (const auto extension = fields.next()) {
    if (!is_extension(*extension)) return Err(malformed("An extension is malformed."));
  }
  return first;
}

/// RFC 4616 §2: [authzid] NUL authcid NUL password.
Result<FirstMessage, Failure> parse_plain(std::string_view bytes) {
  Fields fields(bytes, '\0');
  const auto authzid = fields.next();
  const auto authcid = fields.next();
  const auto password = fields.next();
  if (!password || fields.next()) return Err(malformed("PLAIN is [authzid] NUL authcid NUL password."));
  if (authcid->empty() || password->empty()) return Err(malformed("The user name or the password is empty."));
  return FirstMessage{.mechanism = Mechanism::plain,
                      .authcid = std::string(*authcid),
                      .authzid = std::string(*authzid),
                      .password = Secret(std::string(*password))};
}

/// RFC 4422 App. A: the authorization identity, or nothing.
Result<FirstMessage, Failure> parse_external(std::string_view bytes) {
  if (bytes.contains('\0')) return Err(malformed("The authorization identity contains NUL."));
  return FirstMessage{.mechanism = Mechanism::external, .authzid = std::string(bytes)};
}

Result<FirstMessage, Failure> parse_anonymous(std::string_view bytes) {
  if (bytes.size() > kMaxTraceBytes) return Err(malformed("The trace data is too long."));
  return FirstMessage{.mechanism = Mechanism::anonymous};
}

}  // namespace

Result<FirstMessage, Failure> parse_first_message(Mechanism mechanism, std::string_view bytes,
                                                  const Offer& offer) {
  if (is_scram(mechanism)) return parse_scram(mechanism, bytes, offer);
  if (mechanism == Mechanism::plain) return parse_plain(bytes);
  if (mechanism == Mechanism::external) return parse_external(bytes);
  return parse_anonymous(bytes);
}

}  // namespace vestnik::sasl
