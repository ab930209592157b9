#pragma once
#include <string>

#include "shard/feature/feature_set.h"

namespace vestnik {

/// What disco#info says in a scope, one of Scope's bits (XEP-0030 §3.1): the identities and features that the
/// features declared, each once and in order; of a host its forms too (XEP-0128). Serialised children of
/// `<query/>`.
std::string disco_info(const FeatureSet& features, const HostConfig& host, Scope scope);

}  // namespace vestnik
