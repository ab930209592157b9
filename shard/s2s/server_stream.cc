#include "shard/s2s/server_stream.h"

#include <utility>

#include "proto/xml/ns.h"
#include "shard/s2s/s2s_shard.h"

namespace vestnik::s2s {

ServerStream::ServerStream(S2sShard& shard, Transport::Socket socket, AddressSlot slot)
    : XmlStream(shard.thread(), ns::kServer, std::move(socket), std::move(slot)), shard_(shard) {
  shard.streams().insert(this);
}

ServerStream::~ServerStream() { shard_.streams().erase(this); }

}  // namespace vestnik::s2s
