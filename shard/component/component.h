#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "proto/stanza/stanza.h"

namespace vestnik {

class ComponentStream;
class Shard;

/// The domain of an external component (XEP-0114), an entity like any other: it lives on the shard that owns
/// the domain, and so do all of its streams. There may be several, of as many processes, that share the load
/// and stand in for each other. The shard's thread only.
class Component {
 public:
  Component(Shard& shard, std::string domain);
  ~Component();
  Component(const Component&) = delete;
  Component& operator=(const Component&) = delete;

  const std::string& domain() const { return domain_; }
  const std::vector<ComponentStream*>& streams() const { return streams_; }

  /// Hop 7: gives the stanza to one of the streams, the same for all of a pair of addresses as long as it is
  /// there (so that order is kept), or answers it with an error.
  void deliver(Stanza stanza);
  /// The same for what it only overhears: nobody is told if it is not there.
  void tell(Stanza stanza);
  /// Presence of one of its users is on its way to somebody: remembers who has it. False: so much is
  /// remembered already that no more may go out.
  bool note_presence(const Stanza& presence);

  /// A stream has logged in: gives it a number among those of this domain. Nothing: there are as many as may
  /// be.
  std::optional<std::uint64_t> add(ComponentStream& stream);
  /// It has ended. With the last one the presence of the component's users ends for all who had it.
  void remove(ComponentStream& stream);

 private:
  ComponentStream* choose(const Stanza& stanza) const;
  void end_presence();

  Shard& shard_;
  std::string domain_;
  std::vector<ComponentStream*> streams_;
  std::uint64_t last_number_ = 0;
  std::set<std::pair<std::string, std::string>> presence_;  ///< (user of the component, who has its presence)
};

/// The components whose domains a shard owns.
class ComponentTable {
 public:
  explicit ComponentTable(Shard& shard) : shard_(shard) {}

  /// The component of a domain that the configuration has; made at its first use.
  Component& of(std::string_view domain);
  /// Those that something was ever addressed to, by domain.
  const std::map<std::string, std::unique_ptr<Component>, std::less<>>& all() const { return components_; }
  /// All streams, logged in or not.
  std::set<ComponentStream*>& streams() { return streams_; }

 private:
  Shard& shard_;
  std::map<std::string, std::unique_ptr<Component>, std::less<>> components_;
  std::set<ComponentStream*> streams_;
};

}  // namespace vestnik
