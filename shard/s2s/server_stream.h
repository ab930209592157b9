#pragma once
#include "shard/stream/xml_stream.h"

namespace vestnik {

class S2sShard;

namespace s2s {

/// A stream with another server, whichever side made the connection. What the elements mean is the
/// subclass's. The S2S shard's thread only.
class ServerStream : public XmlStream {
 public:
  ~ServerStream() override;
  ServerStream(const ServerStream&) = delete;
  ServerStream& operator=(const ServerStream&) = delete;

 protected:
  ServerStream(S2sShard& shard, Transport::Socket socket, AddressSlot slot);
  S2sShard& shard() const { return shard_; }

 private:
  S2sShard& shard_;
};

}  // namespace s2s
}  // namespace vestnik
