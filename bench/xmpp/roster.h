#pragma once
#include <cstddef>
#include <string_view>
#include <vector>

#include "bench/xmpp/client.h"
#include "bench/xmpp/task.h"

namespace vestnik::bench {

/// An item of a roster, with views into the element it was read from.
struct RosterItem {
  std::string_view jid;
  std::string_view subscription;

  bool sees_contact() const { return subscription == "to" || subscription == "both"; }
  bool is_seen() const { return subscription == "from" || subscription == "both"; }
};

/// Asks for the user's roster; the items are valid until the script waits again.
Task<std::vector<RosterItem>> get_roster(Client& client);

/// Brings the user's roster to at least `items` contacts, who need not exist.
Task<> fill_roster(Client& client, std::size_t items);

}  // namespace vestnik::bench
