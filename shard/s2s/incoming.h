#pragma once
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "proto/sasl/failure.h"
#include "shard/s2s/domain_pair.h"
#include "shard/s2s/inbound.h"
#include "shard/s2s/link.h"
#include "shard/s2s/server_stream.h"

namespace vestnik::s2s {

/// A stream that another server opened: it proves which domains it speaks for, by EXTERNAL or dialback, and
/// then sends stanzas; we send none on it. It may also ask whether keys are ours (the authoritative server's
/// part of dialback), which needs no proof.
class IncomingStream final : public ServerStream {
 public:
  IncomingStream(S2sShard& shard, Transport::Socket socket, bool direct_tls, AddressSlot slot);

  void start();
  /// Whom the stream header named: the other server's domain ("" if it did not say) and our host.
  const std::string& remote() const { return remote_; }
  const std::string& local() const { return local_; }
  bool speaks_for(const std::string& domain) const;
  /// The domains it has proven, with how; for people.
  std::string proven() const;
  /// Ends the stream if what it has proven is no longer allowed, or its host no longer served.
  void look_at_policy();
  /// The managed stream that it wanted to resume is its own now, or cannot be; `handled` of it are.
  void on_resumed(std::uint32_t handled);
  void on_not_resumed(std::uint32_t handled);

 private:
  friend XmlStream;
  void on_header(const StreamHeader& header) override;
  void on_element(const xml::Frame& frame);
  void on_deadline() override;
  void on_ended(End how, std::string_view why) override;
  void send_error_header() override;

  void send_features();
  bool may_use_external();
  bool may_use_dialback() const;
  void start_tls();
  void on_sasl(const xml::Frame& frame);
  void on_auth(const xml::Frame& frame);
  void refuse_auth(sasl::FailureCondition condition, std::string_view text);
  void on_dialback(const xml::Frame& frame);
  void on_claim(const Dialback& claim);
  void on_verdict(const Dialback& claim, Verdict verdict);
  void refuse_claim(const Dialback& claim, StanzaCondition condition, std::string_view text);
  void on_question(const Dialback& question);
  void proved(std::string domain, std::string_view by);

  bool is_proven() const { return !external_.empty() || !pairs_.empty(); }

  // incoming_management.cc
  void on_management(const xml::Frame& frame);
  void on_enable(const xml::Frame& frame);
  void on_resume(const xml::Frame& frame);
  void refuse_management(StanzaCondition condition, std::string_view text);

  // incoming_stanzas.cc
  void on_stanza(const xml::Frame& frame);
  bool is_allowed(JidView from, JidView to);
  bool speaks_for(std::string_view theirs, std::string_view ours) const;
  void reject(const xml::Frame& frame, const StanzaReject& why);

  bool direct_tls_;
  std::string local_;      ///< `to` of the stream header, once it was one of our hosts
  std::string remote_;     ///< `from` of the stream header, if there was one
  std::string stream_id_;  ///< of the present stream
  std::string lang_;
  bool external_offered_ = false;
  std::string external_;                    ///< domain proven by EXTERNAL, for all our hosts
  std::set<DomainPair, ByDomains> pairs_;   ///< (theirs, ours) proven by dialback
  std::set<DomainPair, ByDomains> claims_;  ///< those being verified
  std::shared_ptr<Inbound> inbound_;        ///< the managed stream that it carries
  std::uint32_t refusals_ = 0;
  std::chrono::steady_clock::time_point last_used_{};
};

}  // namespace vestnik::s2s
