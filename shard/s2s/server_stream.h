#pragma once
#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "proto/s2s/dialback.h"
#include "shard/s2s/inbound.h"
#include "shard/stream/xml_stream.h"

namespace vestnik {

class S2sShard;

namespace s2s {

class Link;

/// Bidirectional streams (XEP-0288): the feature, and the element that asks for it.
inline constexpr std::string_view kBidiFeature = "urn:xmpp:features:bidi";
inline constexpr std::string_view kBidi = "urn:xmpp:bidi";

/// A stream with another server, whichever side made the connection. Stanzas flow from the side that made it,
/// and back as well if both have agreed on that (XEP-0288). Each direction may be managed (XEP-0198): a Link
/// knows what it has sent, an Inbound what has come. The subclass negotiates. The S2S shard's thread only.
class ServerStream : public XmlStream {
 public:
  ~ServerStream() override;
  ServerStream(const ServerStream&) = delete;
  ServerStream& operator=(const ServerStream&) = delete;

  /// Our host and the other server's domain, as the stream header has named them.
  virtual const std::string& local() const = 0;
  virtual const std::string& remote() const = 0;
  /// How the side that opened it has proven itself: `EXTERNAL`, `dialback`, or "" so far.
  virtual std::string_view proof() const = 0;
  /// Whether stanzas may flow both ways.
  virtual bool is_bidirectional() const = 0;

  // For the link that sends on it

  /// The link has something to be written.
  void has_stanzas() { flush_later(); }
  /// The link has keys to be verified; only on a stream that we opened.
  virtual void has_questions() {}
  /// Ends the stream for this server's stop, once what was sent is acknowledged or that takes too long.
  void wind_up();
  bool is_winding_up() const { return winding_up_; }

  // For what comes on it, if that is counted

  /// Everything that came before this stream is handled: `handled` stanzas.
  virtual void on_caught_up(std::uint32_t handled) = 0;
  /// It could not be in time, and so cannot be resumed.
  virtual void on_not_caught_up(std::uint32_t handled) = 0;

 protected:
  ServerStream(S2sShard& shard, Transport::Socket socket, AddressSlot slot);
  /// A connection that arrives from another S2S shard.
  ServerStream(S2sShard& shard, MovedStream moved);
  S2sShard& shard() const { return shard_; }

  // Our stanzas

  /// The link's stanzas go out from now on.
  void begin_sending();
  bool is_sending() const { return sending_; }
  /// Takes `<a/>` and `<r/>`. False: it is something else, or not expected.
  bool on_count(const xml::Frame& frame);
  void on_acknowledged(const xml::Frame& frame);

  // Theirs (server_stanzas.cc)

  /// Whether the other side has proven that it may send from `theirs` to our host `ours`.
  virtual bool speaks_for(std::string_view theirs, std::string_view ours) const = 0;
  void on_stanza(const xml::Frame& frame);
  /// What is to be kept over the connection's end is counted from now on.
  void begin_counting(bool resumable);
  /// The authoritative server's part of dialback (XEP-0220 §2.1.2): is this key ours?
  void answer_question(const Dialback& question);

  /// The deadline of a stream in use: ends it when nothing was sent for `limit`, or acknowledged for too
  /// long.
  void look_after(std::chrono::milliseconds limit);
  void on_drained(std::string& more) override;
  void on_ended(End how, std::string_view why) override;

  std::string lang_;                  ///< of the other side's header
  std::shared_ptr<Link> link_;        ///< whose stanzas go out on it
  std::shared_ptr<Inbound> inbound_;  ///< counts what comes
  std::chrono::steady_clock::time_point last_used_{};

 private:
  void ask(std::string& out);
  bool is_allowed(JidView from, JidView to);
  void reject(const xml::Frame& frame, const StanzaReject& why);

  S2sShard& shard_;
  bool sending_ = false;
  bool asked_ = false;  ///< for an acknowledgement
  bool winding_up_ = false;
  std::chrono::steady_clock::time_point asked_at_{};
};

}  // namespace s2s
}  // namespace vestnik
