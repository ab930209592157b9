#include "shard/session/account.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "shard/pubsub/account_nodes.h"

namespace vestnik {
namespace {

constexpr std::size_t kRememberedStreams = 10;

}  // namespace

Account::Account(Shard& shard, Jid bare, storage::AccountSnapshot snapshot)
    : shard_(shard),
      jid_(std::move(bare)),
      record_(std::move(snapshot.account)),
      roster_(std::make_move_iterator(snapshot.roster.items.begin()),
              std::make_move_iterator(snapshot.roster.items.end())),
      roster_version_(snapshot.roster.version),
      offline_(snapshot.offline),
      archive_(std::move(snapshot.archive)) {
  for (auto& request : snapshot.roster.pending_in) {
    pending_in_.emplace(std::move(request.contact), std::move(request.stanza));
  }
  for (auto& jid : snapshot.blocked) blocked_.insert(std::move(jid));
}

Account::~Account() = default;

pubsub::AccountNodes& Account::nodes() {
  if (!nodes_) nodes_ = std::make_unique<pubsub::AccountNodes>();
  return *nodes_;
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

void Account::remember_stream(std::string id, std::uint32_t handled) {
  if (ended_streams_.size() == kRememberedStreams) ended_streams_.erase(ended_streams_.begin());
  ended_streams_.emplace_back(std::move(id), handled);
}

std::optional<std::uint32_t> Account::handled_of_ended(std::string_view stream_id) const {
  const auto found =
      std::ranges::find(ended_streams_, stream_id, &std::pair<std::string, std::uint32_t>::first);
  if (found == ended_streams_.end()) return std::nullopt;
  return found->second;
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
