#pragma once
#include <memory>
#include <string>

#include "proto/xml/document.h"
#include "shard/s2s/link.h"
#include "shard/s2s/server_stream.h"

namespace vestnik::s2s {

/// A stream that we opened, for one pair of domains: TLS, the other server's certificate, then our own proof
/// by EXTERNAL (XEP-0178) or dialback (XEP-0220 §2.1). Stanzas flow from us only.
class OutgoingStream final : public ServerStream {
 public:
  OutgoingStream(S2sShard& shard, Transport::Socket socket, std::shared_ptr<Link> link, bool direct_tls);

  void start();
  /// The link has something to be written.
  void has_stanzas() { flush_later(); }
  /// The link has keys to be verified.
  void has_questions();
  /// Ends the stream for this server's stop, once what was sent is acknowledged or that takes too long.
  void wind_up();
  /// How we proved who we are: `EXTERNAL`, `dialback`, or "" so far.
  std::string_view proof() const { return stage_ == Stage::open ? proof_ : ""; }

 private:
  enum class Stage : std::uint8_t { greeting, starttls, external, dialback, managing, open };

  friend XmlStream;
  void on_header(const StreamHeader& header) override;
  void on_element(const xml::Frame& frame);
  void on_secured() override;
  void on_deadline() override;
  void on_ended(End how, std::string_view why) override;
  void on_drained(std::string& more) override;
  void send_error_header() override { greet(); }

  void greet();
  void on_features(xml::Element features);
  void on_dialback(const xml::Frame& frame);
  void on_external_failed();
  bool accepts_certificate();
  void prove_ourselves(xml::Element features);
  void start_dialback();
  void on_proven();
  void open();
  void on_management(const xml::Frame& frame);
  void on_management_failed(const xml::Frame& frame);
  void on_acknowledged(const xml::Frame& frame);
  void ask(std::string& out);
  void fail(std::string text);

  std::shared_ptr<Link> link_;
  bool direct_tls_;
  Stage stage_ = Stage::greeting;
  std::string_view proof_;
  std::string stream_id_;
  bool knows_dialback_ = false;  ///< the other server says so
  bool may_ask_ = false;         ///< dialback elements may be sent now
  bool judged_ = false;
  bool can_manage_ = false;  ///< the other server offers stream management
  bool asked_ = false;       ///< for an acknowledgement
  bool winding_up_ = false;
  std::chrono::steady_clock::time_point asked_at_{};
  std::chrono::steady_clock::time_point last_used_{};
};

}  // namespace vestnik::s2s
