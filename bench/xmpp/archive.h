#pragma once
#include <cstddef>
#include <string>
#include <string_view>

#include "bench/xmpp/client.h"
#include "bench/xmpp/task.h"

namespace vestnik::bench {

/// How many messages the user's archive (XEP-0313) holds, as the server says; 0 where it does not say.
Task<std::size_t> count_archived(Client& client);

/// An iq that asks for the last `most` messages, with one peer only unless `with` is empty. They come as
/// messages with a <result/>, then the iq's answer.
std::string last_page_query(std::string_view id, std::size_t most, std::string_view with);

}  // namespace vestnik::bench
