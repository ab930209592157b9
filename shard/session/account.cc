#include "shard/session/account.h"

#include <algorithm>
#include <utility>

namespace vestnik {

Account::Account(Shard& shard, Jid bare, storage::AccountSnapshot snapshot)
    : shard_(shard),
      jid_(std::move(bare)),
      record_(std::move(snapshot.account)),
      roster_version_(snapshot.roster.version),
      offline_(snapshot.offline) {
  for (auto& item : snapshot.roster.items) {
    std::string contact = item.contact;
    roster_.emplace(std::move(contact), std::move(item));
  }
  for (auto& request : snapshot.roster.pending_in) {
    pending_in_.emplace(std::move(request.contact), std::move(request.stanza));
  }
  for (auto& jid : snapshot.blocked) blocked_.insert(std::move(jid));
}

Session* Account::session(std::string_view resource) const {
  for (const auto& session : sessions_) {
    if (session->jid().resource() == resource) return session.get();
  }
  return nullptr;
}

bool Account::has_available_session() const {
  return std::any_of(sessions_.begin(), sessions_.end(),
                     [](const auto& session) { return session->available(); });
}

Session& Account::add_session(std::unique_ptr<Session> session) {
  return *sessions_.emplace_back(std::move(session));
}

std::unique_ptr<Session> Account::remove_session(const Session& session) {
  const auto found = std::find_if(sessions_.begin(), sessions_.end(),
                                  [&](const auto& one) { return one.get() == &session; });
  if (found == sessions_.end()) return nullptr;
  std::unique_ptr<Session> removed = std::move(*found);
  sessions_.erase(found);
  return removed;
}

}  // namespace vestnik
