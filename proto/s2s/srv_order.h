#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proto/base/random.h"

namespace vestnik::s2s {

/// A service record (RFC 2782).
struct SrvRecord {
  std::uint16_t priority = 0;
  std::uint16_t weight = 0;
  std::uint16_t port = 0;
  std::string target = {};  ///< lower-case, without the final dot; empty: the service is not there (`.`)
  bool direct_tls = false;  ///< it was asked for as _xmpps-server (XEP-0368)
};

/// Reads the data of a record as it stands in a DNS answer (names there are not compressed). None: damaged.
std::optional<SrvRecord> parse_srv(std::string_view data, bool direct_tls);

/// Brings the records of both services, merged, into the order in which they are tried: by priority, and at
/// random by weight within one (RFC 2782, XEP-0368 §3). Records without a target are left out.
std::vector<SrvRecord> order_srv(std::vector<SrvRecord> records, RandomSource& random);

}  // namespace vestnik::s2s
