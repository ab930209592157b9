#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace vestnik::storage {

/// Names a stanza in the spool; given out by who writes it, in the order of sending.
using SpoolId = std::int64_t;

/// A stanza on its way to another domain.
struct SpooledStanza {
  SpoolId id = 0;
  std::string stanza;  ///< in `jabber:client` form, with `from` and `to`

  friend bool operator==(const SpooledStanza&, const SpooledStanza&) = default;
};

/// Stanzas for other domains that wait for their server's acknowledgement (RULES 3): what a restart finds is
/// sent again. Conventions as in AccountStore. Only the S2S shard writes here.
class SpoolStore {
 public:
  virtual ~SpoolStore() = default;

  /// Adds stanzas, or replaces those of the same id.
  virtual void put(std::span<const SpooledStanza> stanzas) = 0;
  /// Up to `limit` stanzas with an id after `after`, in the order of their ids.
  virtual std::vector<SpooledStanza> list(SpoolId after, std::size_t limit) = 0;
  /// Ids that do not exist (any more) are passed over.
  virtual void remove(std::span<const SpoolId> ids) = 0;
};

}  // namespace vestnik::storage
