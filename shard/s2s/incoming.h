#pragma once
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "proto/sasl/failure.h"
#include "shard/s2s/domain_pair.h"
#include "shard/s2s/link.h"
#include "shard/s2s/server_stream.h"

namespace vestnik::s2s {

/// An incoming connection on its way to the S2S shard of the domain that opened it. Everything by value.
struct MovedIncoming {
  MovedStream stream;
  bool direct_tls = false;
  std::string local;
  std::string remote;
  std::string stream_id;
  std::string lang;
  bool external_offered = false;
};

/// A stream that another server opened: it proves which domains it speaks for, by EXTERNAL or dialback, and
/// then sends stanzas; ours go back on it if it asks for that. It may also ask whether keys are ours (the
/// authoritative server's part of dialback), which needs no proof.
class IncomingStream final : public ServerStream {
 public:
  IncomingStream(S2sShard& shard, Transport::Socket socket, bool direct_tls, AddressSlot slot);

  /// A connection that arrives from another S2S shard.
  IncomingStream(S2sShard& shard, MovedIncoming moved);

  void start();
  /// "" if the stream header did not say.
  const std::string& remote() const override { return remote_; }
  const std::string& local() const override { return local_; }
  std::string_view proof() const override;
  bool is_bidirectional() const override { return is_sending(); }
  bool speaks_for(const std::string& domain) const;
  /// The domains it has proven, with how; for people.
  std::string proven() const;
  /// Ends the stream if what it has proven is no longer allowed, or its host no longer served.
  void look_at_policy();
  void on_caught_up(std::uint32_t handled) override;
  void on_not_caught_up(std::uint32_t handled) override;

 private:
  friend XmlStream;
  void on_header(const StreamHeader& header) override;
  void on_element(const xml::Frame& frame);
  void on_deadline() override;
  void on_ended(End how, std::string_view why) override;
  void send_error_header() override;
  bool speaks_for(std::string_view theirs, std::string_view ours) const override;

  void live_here();
  Task<void> move_to(S2sShard* owner);
  void send_features();
  bool may_use_external();
  bool may_use_dialback() const;
  bool may_ask_for_bidi() const;
  void start_tls();
  void on_sasl(const xml::Frame& frame);
  void on_auth(const xml::Frame& frame);
  void refuse_auth(sasl::FailureCondition condition, std::string_view text);
  void on_dialback(const xml::Frame& frame);
  void on_claim(const Dialback& claim);
  Link& link_to_ask(const Dialback& claim);
  void on_verdict(const Dialback& claim, Verdict verdict);
  void refuse_claim(const Dialback& claim, StanzaCondition condition, std::string_view text);
  void proved(std::string domain, std::string_view by);

  bool is_proven() const { return !external_.empty() || !pairs_.empty(); }

  // incoming_management.cc
  void on_management(const xml::Frame& frame);
  void on_enable(const xml::Frame& frame);
  void on_resume(const xml::Frame& frame);
  void refuse_management(StanzaCondition condition, std::string_view text);
  void send_back();
  void resume_sending_back();

  bool direct_tls_;
  std::string local_;      ///< `to` of the stream header, once it was one of our hosts
  std::string remote_;     ///< `from` of the stream header, if there was one
  std::string stream_id_;  ///< of the present stream
  bool external_offered_ = false;
  std::string external_;                    ///< domain proven by EXTERNAL, for all our hosts
  std::set<DomainPair, ByDomains> pairs_;   ///< (theirs, ours) proven by dialback
  std::set<DomainPair, ByDomains> claims_;  ///< those being verified
  bool may_send_back_ = false;              ///< asked for (XEP-0288), and not decided yet
  std::uint32_t they_handled_ = 0;          ///< of ours, as they say who want to resume
  std::uint32_t refusals_ = 0;
};

}  // namespace vestnik::s2s
