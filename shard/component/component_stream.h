#pragma once
#include <deque>
#include <memory>
#include <string>

#include "shard/component/component.h"
#include "shard/receipts/receipt.h"
#include "shard/stream/xml_stream.h"

namespace vestnik {

/// A component's connection on its way to the shard that owns its domain. Everything by value.
struct MovedComponent {
  MovedStream stream;
  std::string domain;
  std::string stream_id;
  std::string lang;
};

/// The stream of an external component (XEP-0114): it says whose it is, proves that it knows the secret, and
/// then stanzas flow both ways. Accepted on any shard, it moves to the one that owns its domain before the
/// secret is looked at.
class ComponentStream final : public XmlStream {
 public:
  /// A connection just accepted.
  ComponentStream(Shard& shard, Transport::Socket socket, bool direct_tls, AddressSlot slot);
  /// A connection that arrives from another shard.
  ComponentStream(Shard& shard, MovedComponent moved);
  ~ComponentStream() override;
  ComponentStream(const ComponentStream&) = delete;
  ComponentStream& operator=(const ComponentStream&) = delete;

  /// Starts the coroutine, which keeps the connection alive.
  static void start(const std::shared_ptr<ComponentStream>& stream);

  /// Queues a stanza for it, or answers it with an error. Its receipt is held until the kernel has it.
  void give(Stanza stanza);
  bool has_room_for(const Stanza& stanza) const;
  /// Bytes of stanzas that the kernel has not taken yet.
  std::size_t waiting_bytes() const { return waiting_bytes_; }
  /// Tells the streams of one domain apart.
  std::uint64_t number() const { return number_; }
  /// Whether pairs of addresses have been given to it.
  bool takes_part() const { return takes_part_; }
  void take_part() { takes_part_ = true; }
  /// Ends the stream if the configuration no longer has its domain, or with another secret; says what else
  /// has changed.
  void look_at_config();

 private:
  friend XmlStream;
  struct Waiting {
    Stanza stanza;
    Receipt receipt;
  };

  void on_header(const StreamHeader& header) override;
  void on_element(const xml::Frame& frame);
  void on_deadline() override;
  void on_ended(End how, std::string_view why) override;
  void on_drained(std::string& more) override;
  void send_error_header() override;

  void greet(std::string_view from);
  Task<void> move_to(ShardId owner);
  void on_handshake(const xml::Frame& frame);
  void refuse(std::string_view why);
  void log_in();
  void announce();
  void announce(std::string_view payload);
  void show_presence();
  void on_stanza(const xml::Frame& frame);
  bool is_for_a_host(const Stanza& stanza) const;
  void on_privileged(const Stanza& carrier);
  void pass_on(Stanza stanza);
  void reject(const xml::Frame& frame, const StanzaReject& why);

  Shard& shard_;
  std::string domain_;     ///< `to` of the stream header, once it was a component's
  std::string stream_id_;  ///< what the handshake is made with
  std::string lang_;
  std::string secret_;              ///< that it has proven to know
  std::string announced_;           ///< what it was told that it may do and has to do
  Component* component_ = nullptr;  ///< once logged in, until the stream ends
  std::uint64_t number_ = 0;
  bool takes_part_ = false;
  std::deque<Waiting> queue_;
  std::deque<Waiting> in_flight_;  ///< given to the socket, not yet taken by the kernel
  std::size_t waiting_bytes_ = 0;  ///< of both
};

}  // namespace vestnik
