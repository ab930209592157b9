#pragma once
#include <memory>
#include <string>
#include <string_view>

#include "shard/stream/xml_stream.h"

namespace vestnik::mail {

/// The gateway's stream with the XMPP server: a component's side of XEP-0114.
class ComponentLink final : public XmlStream {
 public:
  /// Who is told what happens.
  class Owner {
   public:
    virtual ~Owner() = default;
    /// The server knows us; stanzas may be sent.
    virtual void on_connected() = 0;
    virtual void on_stanza(Stanza stanza) = 0;
    /// Once for each link.
    virtual void on_disconnected(std::string_view why) = 0;
  };

  ComponentLink(StreamThread& thread, Transport::Socket socket, Owner& owner, std::string domain,
                std::string secret);

  void start();

 private:
  friend XmlStream;
  void on_header(const StreamHeader& header) override;
  void on_element(const xml::Frame& frame);
  void on_deadline() override;
  void on_ended(End how, std::string_view why) override;
  void send_error_header() override {}  // ours is the first thing that was sent

  Owner& owner_;
  std::string domain_;
  std::string secret_;
  bool connected_ = false;
};

}  // namespace vestnik::mail
