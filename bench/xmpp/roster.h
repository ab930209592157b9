#pragma once
#include <cstddef>
#include <string_view>

#include "bench/xmpp/client.h"
#include "bench/xmpp/task.h"

namespace vestnik::bench {

/// The user's roster as the server has it; valid until the script waits again.
Task<Element> get_roster(Client& client);

/// Whether a roster shows that this contact's presence is already the user's to see.
bool is_subscribed(Element roster, std::string_view contact);

/// Brings the user's roster to at least `items` contacts, who need not exist.
Task<> fill_roster(Client& client, std::size_t items);

}  // namespace vestnik::bench
