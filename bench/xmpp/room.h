#pragma once
#include <string>

#include "bench/xmpp/client.h"
#include "bench/xmpp/task.h"

namespace vestnik::bench {

/// Enters a room (XEP-0045) under this nickname, without its history; done when the room says that the user
/// is in. A room that did not exist is made with its service's defaults.
Task<> join_room(Client& client, std::string room, std::string nickname);

}  // namespace vestnik::bench
