#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <tuple>

#include "core/config/config.h"
#include "proto/stanza/stanza.h"
#include "proto/xml/document.h"
#include "shard/feature/feature.h"

namespace vestnik {

class Account;
class Shard;

/// What a component says it can do for a namespace that it was given (XEP-0355 §7.2).
struct NestedDisco {
  std::set<std::tuple<std::string, std::string, std::string>> identities;  ///< category, type, name
  std::set<std::string> vars;
  std::string forms;  ///< serialised (XEP-0128)
};

/// Requests to hosts and accounts that components answer instead of this server (XEP-0355), and what those
/// components say of themselves. Which: `[[component]] delegated`. One for each shard, on its thread only.
class Delegations {
 public:
  static constexpr std::string_view kNs = "urn:xmpp:delegation:2";

  explicit Delegations(Shard& shard) : shard_(shard) {}
  Delegations(const Delegations&) = delete;
  Delegations& operator=(const Delegations&) = delete;

  /// What the component is told when it has come in: `<delegation/>`, or "" if nothing is delegated to it.
  static std::string announcement(const ComponentConfig& component);

  /// Hands a request to a host, or to an account's bare address if `account` is not null, to the component
  /// that answers it.
  Verdict forward(const Account* account, const HostConfig& host, const Stanza& request,
                  xml::Element payload);

  /// Asks the component, which has just come in, what it can do, and tells all shards.
  void ask_for_disco(const ComponentConfig& component);
  /// The component has gone: tells all shards that there is nothing that it can do.
  void withdraw(const ComponentConfig& component);

  /// Puts what components can do into the place of what this server can.
  void nest(Scope scope, DiscoContent& content) const;
  /// Grows when that has changed.
  std::uint64_t version() const { return version_; }

 private:
  using Nested = std::shared_ptr<const NestedDisco>;

  const Delegation* find(std::string_view ns, const ComponentConfig** component) const;
  void ask_for_disco(const ComponentConfig& component, const std::string& node);
  void tell_all(const std::string& node, const Nested& nested);
  void learn(const std::string& node, Nested nested);

  Shard& shard_;
  std::map<std::string, Nested, std::less<>> nested_;  ///< by disco node
  std::uint64_t version_ = 0;
};

}  // namespace vestnik
