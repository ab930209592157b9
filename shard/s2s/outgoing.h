#pragma once
#include <memory>
#include <string>

#include "proto/xml/document.h"
#include "shard/s2s/find_server.h"
#include "shard/s2s/link.h"
#include "shard/s2s/server_stream.h"

namespace vestnik::s2s {

/// A stream that we opened, for one pair of domains: TLS, the other server's certificate, then our own proof
/// by EXTERNAL (XEP-0178) or dialback (XEP-0220 §2.1), unless its link only asks about keys. The other server
/// is invited to send its stanzas on it, too (XEP-0288).
class OutgoingStream final : public ServerStream {
 public:
  OutgoingStream(S2sShard& shard, Transport::Socket socket, std::shared_ptr<Link> link, ServerAddress at);

  void start();
  const std::string& local() const override { return local_; }
  const std::string& remote() const override { return remote_; }
  std::string_view proof() const override { return stage_ == Stage::open ? proof_ : ""; }
  bool is_bidirectional() const override { return stage_ == Stage::open && bidi_; }
  void has_questions() override;
  void on_caught_up(std::uint32_t handled) override;
  void on_not_caught_up(std::uint32_t handled) override;

 private:
  enum class Stage : std::uint8_t { greeting, starttls, external, dialback, managing, open };

  friend XmlStream;
  void on_header(const StreamHeader& header) override;
  void on_element(const xml::Frame& frame);
  void on_secured() override;
  void on_deadline() override;
  void send_error_header() override { greet(); }
  bool speaks_for(std::string_view theirs, std::string_view ours) const override {
    return theirs == remote_ && ours == local_;
  }

  void greet();
  void begin_tls();
  void on_features(xml::Element features);
  void on_dialback(const xml::Frame& frame);
  void on_dialback_request(const Dialback& request);
  void on_external_failed();
  bool accepts_certificate();
  void prove_ourselves(xml::Element features);
  void start_dialback();
  void ask_for_both_directions(xml::Element features);
  bool may_take_stanzas() const { return bidi_ && (stage_ == Stage::managing || stage_ == Stage::open); }
  void on_proven();
  void open();
  void on_management(const xml::Frame& frame);
  void on_enabled(const xml::Frame& frame);
  void on_management_failed(const xml::Frame& frame);
  void enable();
  void fail(std::string text);

  std::string local_;
  std::string remote_;
  ServerAddress at_;
  Stage stage_ = Stage::greeting;
  std::string_view proof_;
  std::string stream_id_;
  bool knows_dialback_ = false;  ///< the other server says so
  bool may_ask_ = false;         ///< dialback elements may be sent now
  bool judged_ = false;
  bool expects_dane_ = false;
  bool can_manage_ = false;  ///< the other server offers stream management
  bool bidi_ = false;        ///< the other server may send, too
};

}  // namespace vestnik::s2s
