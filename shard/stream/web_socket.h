#pragma once
#include "proto/web/websocket_frames.h"

namespace vestnik {

/// What lies between an XML stream and its transport where that is a WebSocket (RFC 7395). Moves with the
/// connection; one thread at a time.
struct WebSocket {
  web::FrameReader frames;
  bool header_is_due = true;  ///< the next element has to be `<open/>`
};

}  // namespace vestnik
