#include "proto/sasl/mechanisms.h"

#include <algorithm>
#include <array>

namespace vestnik::sasl {
namespace {

constexpr std::string_view kChannelBindingNs = "urn:xmpp:sasl-cb:0";

enum class Family : std::uint8_t { external, scram, plain, anonymous };

struct Traits {
  std::string_view name;
  Family family = Family::scram;
  HashKind hash = HashKind::sha1;
  bool plus = false;
};

/// In the order of the enumeration.
constexpr std::array<Traits, 7> kMechanisms{{
    {"EXTERNAL", Family::external},
    {"SCRAM-SHA-256-PLUS", Family::scram, HashKind::sha256, true},
    {"SCRAM-SHA-1-PLUS", Family::scram, HashKind::sha1, true},
    {"SCRAM-SHA-256", Family::scram, HashKind::sha256},
    {"SCRAM-SHA-1", Family::scram, HashKind::sha1},
    {"PLAIN", Family::plain},
    {"ANONYMOUS", Family::anonymous},
}};

const Traits& traits(Mechanism mechanism) { return kMechanisms[static_cast<std::size_t>(mechanism)]; }

bool allowed(const Traits& mechanism, const OfferPolicy& policy) {
  switch (mechanism.family) {
    case Family::external: return policy.encrypted && policy.certificate;
    case Family::plain: return policy.encrypted && policy.plain;
    case Family::anonymous: return policy.anonymous;
    case Family::scram:
      return policy.scram && (!mechanism.plus || (policy.encrypted && !policy.channel_bindings.empty()));
  }
  return false;
}

}  // namespace

std::string_view to_string(Mechanism mechanism) { return traits(mechanism).name; }
bool is_scram(Mechanism mechanism) { return traits(mechanism).family == Family::scram; }
bool binds_channel(Mechanism mechanism) { return traits(mechanism).plus; }
HashKind hash_of(Mechanism mechanism) { return traits(mechanism).hash; }

std::string_view to_string(ChannelBindingType type) {
  return type == ChannelBindingType::tls_exporter ? "tls-exporter" : "tls-unique";
}

Offer::Offer(const OfferPolicy& policy) {
  bool plus = false;
  for (std::size_t i = 0; i < kMechanisms.size(); ++i) {
    if (!allowed(kMechanisms[i], policy)) continue;
    mechanisms_.push_back(static_cast<Mechanism>(i));
    plus = plus || kMechanisms[i].plus;
  }
  if (plus) channel_bindings_ = policy.channel_bindings;
}

bool Offer::contains(Mechanism mechanism) const {
  return std::ranges::find(mechanisms_, mechanism) != mechanisms_.end();
}

Result<Mechanism, Failure> Offer::select(std::string_view name) const {
  const auto found = std::ranges::find(mechanisms_, name, [](Mechanism each) { return to_string(each); });
  if (found != mechanisms_.end()) return *found;
  return Err(Failure{FailureCondition::invalid_mechanism, "This mechanism was not offered on this stream."});
}

std::optional<ChannelBindingType> Offer::channel_binding_named(std::string_view name) const {
  for (const ChannelBindingType type : channel_bindings_) {
    if (to_string(type) == name) return type;
  }
  return std::nullopt;
}

void Offer::write_channel_bindings(xml::Writer& writer) const {
  if (channel_bindings_.empty()) return;
  writer.open("sasl-channel-binding", kChannelBindingNs);
  for (const ChannelBindingType type : channel_bindings_) {
    writer.open("channel-binding").attr("type", to_string(type)).close();
  }
  writer.close();
}

}  // namespace vestnik::sasl
