#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "core/config/feature_spec.h"
#include "core/runtime/reactor.h"
#include "shard/feature/iq_request.h"
#include "shard/stream_management/delivery.h"

namespace vestnik {

class LiveCopy;

/// Whom an iq handler or a disco feature belongs to; a set of bits.
enum class Scope : std::uint8_t {
  host = 1,         ///< the domain: `example.org`
  own_account = 2,  ///< the sender's own account: no `to`, or its own bare JID
  contact = 4,      ///< an account's bare JID, asked by somebody who may see its presence
  stranger = 8,     ///< the same, asked by anybody else, who must not learn that it exists (RFC 6121 §13.11)
  account = contact | stranger,
};
constexpr Scope operator|(Scope a, Scope b) {
  return static_cast<Scope>(static_cast<unsigned>(a) | static_cast<unsigned>(b));
}
constexpr bool includes(Scope set, Scope one) {
  return (static_cast<unsigned>(set) & static_cast<unsigned>(one)) != 0;
}

/// The types of iq requests that a handler takes; a set of bits.
enum class IqVerbs : std::uint8_t { get = 1, set = 2, both = get | set };
constexpr bool includes(IqVerbs verbs, StanzaType type) {
  const IqVerbs one = type == StanzaType::set ? IqVerbs::set : IqVerbs::get;
  return (static_cast<unsigned>(verbs) & static_cast<unsigned>(one)) != 0;
}

/// Handles iq requests whose payload is `<name xmlns='ns'>`. It must answer (result, error) or defer(). A
/// request that no handler takes is answered `service-unavailable`, as one to an account that does not exist
/// is.
struct IqHandler {
  std::string_view name;  ///< of the payload; "" for any
  std::string_view ns;
  Scope scope;
  std::function<void(IqRequest&)> handle;
  IqVerbs verbs = IqVerbs::both;
};

/// A line of disco#info (XEP-0030).
struct DiscoFeature {
  Scope scope;
  std::string_view var;
};
/// What kind of thing is asked (XEP-0030 §3.1), in the words of the registry of disco categories.
struct DiscoIdentity {
  Scope scope;
  std::string_view category;
  std::string_view type;
  std::string_view name = {};
};

/// What disco#info says. The views must last until it is written.
struct DiscoContent {
  std::set<std::tuple<std::string_view, std::string_view, std::string_view>> identities;  ///< with names
  std::set<std::string_view> vars;
  std::string forms;  ///< serialised (XEP-0128)
};

enum class Verdict : std::uint8_t {
  pass,     ///< go on with the next hook
  handled,  ///< the hook has taken care of the stanza (answered, stored, or rightly dropped it)
};

/// The points where features meet stanzas. Hooks of one point run by ascending `order`; equal orders by the
/// features' order in the list. All run on the shard's thread, inline, and never suspend.
template <typename Function>
struct Hook {
  int order;  ///< say at the registration why it is where it is
  std::function<Function> call;
};

/// The stages of a client's stream at which features are announced (RFC 6120 §4.3.2).
enum class StreamStage : std::uint8_t { before_login, logged_in };

/// Which of an account's sessions a message has reached by RFC 6121 §8.5.
struct Reach {
  const Session* only = nullptr;  ///< the one it was addressed to
  bool all = false;               ///< all that take messages

  bool includes(const Session& session) const;
};

/// One list per point; a feature fills those it needs.
struct Hooks {
  /// A stanza of a local session on its way out, `from` stamped, `to` present.
  std::vector<Hook<Verdict(Session&, Stanza&)>> outbound;
  /// A session's presence without `to`, before it is broadcast: available or unavailable (RFC 6121 §4.2,
  /// §4.4, §4.5).
  std::vector<Hook<void(Session&, const Stanza&)>> broadcast;
  /// A message or iq that is about to reach an account, whoever sent it; and presence of any type.
  std::vector<Hook<Verdict(Account&, Stanza&)>> inbound;
  /// A message of type chat or normal to an existing account that no session can take (RFC 6121 §8.5.2.2).
  std::vector<Hook<Verdict(Account&, Stanza&)>> undeliverable;
  /// A message that an account takes: right before it goes to the sessions of `Reach`, or, if there are none,
  /// after `undeliverable` has handled it. Not one that was refused.
  std::vector<Hook<void(Account&, Stanza&, const Reach&)>> accepted;
  /// A message that sessions of its addressee have and no client has acknowledged, while its sender waits to
  /// hear that it is safe (RULES 3): stores it as a precaution, in the sender's name. Null: not this hook's.
  std::vector<Hook<std::shared_ptr<StoredCopy>(Account&, const std::shared_ptr<LiveCopy>&)>> insure;
  /// Whether `undeliverable` would handle such a message for an account that exists; asked for names that are
  /// none, so that both look alike from outside.
  std::vector<Hook<bool(const Stanza&)>> would_keep;
  /// The session has become available with a priority of 0 or more, for the first time since it was not.
  std::vector<Hook<void(Session&)>> session_available;
  /// The session was bound; nothing has been sent to it but the result of the bind.
  std::vector<Hook<void(Session&)>> session_bound;
  /// The session ends; it can no longer be sent to.
  std::vector<Hook<void(Session&)>> session_ended;
  /// An iq request of a client that has not logged in (in-band registration); never offered before TLS where
  /// that is required. The answer, or nothing if the request is not this hook's. The client's input waits
  /// meanwhile.
  std::vector<Hook<Task<std::optional<Stanza>>(const HostConfig* host, std::string address, Stanza& iq)>>
      before_login;
  /// Adds elements to `<stream:features>` of a client's stream on `host`.
  std::vector<Hook<void(const HostConfig& host, StreamStage, bool encrypted, std::string& xml)>>
      stream_features;
  /// Adds to disco#info of a host: serialised data forms (XEP-0128).
  std::vector<Hook<void(const HostConfig& host, std::string& xml)>> host_forms;
  /// Adds `<item/>` elements to disco#items of a host.
  std::vector<Hook<void(const HostConfig& host, std::string& xml)>> host_items;
  /// An account may see a contact's presence from now on, and that is committed.
  std::vector<Hook<void(Account&, JidView contact)>> contact_seen;
  /// A request of disco#info for one of an account's nodes, or of disco#items for one or for the account,
  /// whoever asks. The hook that handles it has answered or deferred it.
  std::vector<Hook<Verdict(IqRequest&)>> account_nodes;
  /// Has the last word on disco#info of a scope, one of Scope's bits.
  std::vector<Hook<void(Scope, DiscoContent&)>> disco;
  /// An iq request to a host, or to an account's bare address, which `account` is then; before a handler is
  /// looked for.
  std::vector<Hook<Verdict(Account* account, const HostConfig& host, const Stanza&, xml::Element payload)>>
      request;
  /// A session has become available, or is not any more: what its contacts are told (RFC 6121 §4.2, §4.5).
  std::vector<Hook<void(Session&, const Stanza& presence)>> came_or_went;
  /// The account's clients were told of a change of the contact list: the payload of the push.
  std::vector<Hook<void(Account&, std::string_view payload)>> roster_pushed;
  /// What disco#info of one of a host's nodes contains; nothing if the node is not this hook's.
  std::vector<Hook<std::optional<std::string>(const HostConfig& host, std::string_view node)>> host_nodes;
};

/// What a feature is to the rest of the server: it hands its registrations over and is not known by name
/// anywhere but in features/list.cc. Made once per shard and per configuration; what its functions capture
/// belongs to that shard.
struct Feature {
  std::string_view name;                    ///< as in `[features.NAME]`
  std::vector<std::string_view> xeps = {};  ///< `XEP-0199`
  std::vector<IqHandler> iq = {};
  std::vector<DiscoFeature> disco = {};
  std::vector<DiscoIdentity> identities = {};
  Hooks hooks = {};
};

/// A line of features/list.cc: how the configuration sees the feature, and how it is made.
struct FeatureEntry {
  FeatureSpec spec;
  Feature (*make)(Shard& shard);
};

/// Every feature of the build, in order (features/list.cc).
const std::vector<FeatureEntry>& feature_list();
/// The same for the configuration's parser.
std::vector<FeatureSpec> feature_specs();

}  // namespace vestnik
