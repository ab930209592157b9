#pragma once
#include <string>

#include "core/io/transport.h"

namespace vestnik {

/// For protocols of requests and answers, which read into a text of their own and wait until an answer is
/// written. `transport` and `text` must live until the task ends; closing the transport ends it.

/// Appends what comes next. False: the connection has ended.
inline Task<bool> read_more(Transport* transport, std::string* text) {
  while (transport->is_open()) {
    const Transport::ReadResult got = transport->read();
    if (got.status == IoStatus::ok) {
      text->append(got.text());
      co_return true;
    }
    if (got.status != IoStatus::would_block) co_return false;
    co_await transport->readable();
  }
  co_return false;
}

/// Writes all of it; the kernel has it then. False: the connection has ended.
inline Task<bool> write_all(Transport* transport, std::string bytes) {
  if (!transport->is_open() || !transport->write(bytes)) co_return false;
  while (transport->unsent_bytes() != 0) {
    co_await transport->writable();
    if (!transport->is_open() || !transport->write_unsent()) co_return false;
  }
  co_return true;
}

}  // namespace vestnik
