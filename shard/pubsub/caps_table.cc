#include "shard/pubsub/caps_table.h"

#include <algorithm>
#include <deque>
#include <utility>
#include <vector>

#include "proto/xml/ns.h"
#include "proto/xml/writer.h"
#include "shard/shard.h"

namespace vestnik::pubsub {
namespace {

constexpr std::size_t kKept = 2'000;     // hashes that nobody claims at the moment included
constexpr std::size_t kAskedAtOnce = 4;  // so that one who is silent keeps nobody waiting
constexpr std::size_t kWanted = 100;     // nodes that one client may want to hear of
constexpr std::size_t kWaiting = 1'000;  // claimants of a hash that nobody has proven yet
constexpr std::chrono::seconds kPatience{30};
constexpr std::size_t kLookedAt = 16;  // entries, when one is to be forgotten

}  // namespace

struct CapsTable::Entry {
  struct Question {
    std::string id;
    Claimant asked;
  };

  Entry(CapsTable& table, CapsClaim claimed)
      : claim(std::move(claimed)), deadline([&table, this] { table.give_up(*this); }) {}

  CapsClaim claim;  ///< its node is that of the first claimant
  std::shared_ptr<Capabilities> capabilities = std::make_shared<Capabilities>();
  std::deque<Claimant> unasked;
  std::vector<Question> questions;
  Timer deadline;  ///< armed while there are questions
  std::list<std::string>::iterator recent;

  bool knows(const Claimant& claimant) const {
    const auto is_it = [&](const Claimant& other) { return other.same_as(claimant); };
    return std::ranges::any_of(unasked, is_it) || std::ranges::any_of(questions, is_it, &Question::asked);
  }
};

CapsTable::CapsTable(Shard& shard, Verified verified) : shard_(shard), verified_(std::move(verified)) {}
CapsTable::~CapsTable() = default;

CapabilitiesRef CapsTable::claim(const CapsClaim& claim, Claimant claimant) {
  auto found = entries_.find(claim.ver);
  if (found == entries_.end()) {
    evict();
    found = entries_.emplace(claim.ver, std::make_unique<Entry>(*this, claim)).first;
    found->second->recent = recent_.insert(recent_.end(), claim.ver);
  }
  Entry& entry = *found->second;
  recent_.splice(recent_.end(), recent_, entry.recent);
  if (!entry.capabilities->verified() && !entry.knows(claimant)) {
    // One too many: the oldest will not be told.
    if (entry.unasked.size() == kWaiting) entry.unasked.pop_front();
    entry.unasked.push_back(std::move(claimant));
    ask(entry);
  }
  return entry.capabilities;
}

void CapsTable::ask(Entry& entry) {
  while (entry.questions.size() < kAskedAtOnce && !entry.unasked.empty()) {
    Claimant claimant = std::move(entry.unasked.back());
    entry.unasked.pop_back();
    std::string id = shard_.new_id();
    std::string payload;
    xml::Writer(payload).open("query", ns::kDiscoInfo).attr("node", claimant.node).close();
    shard_.route(Stanza::make({.kind = StanzaKind::iq,
                               .type = StanzaType::get,
                               .from = claimant.account,
                               .to = claimant.jid,
                               .id = id},
                              payload));
    questions_.emplace(id, &entry);
    entry.questions.push_back({std::move(id), std::move(claimant)});
    shard_.reactor().set(entry.deadline, kPatience);  // as much for the last as for the first
  }
}

bool CapsTable::answer(const Stanza& iq) {
  const auto found = questions_.find(iq.id());
  if (found == questions_.end()) return false;
  Entry& entry = *found->second;
  const auto question = std::ranges::find(entry.questions, iq.id(), &Entry::Question::id);
  if (question->asked.jid.view() != iq.from()) return false;
  if (iq.type() == StanzaType::result) {
    const DocumentLease tree(shard_, iq.wire());
    if (settle(entry, tree.root().child("query", ns::kDiscoInfo))) return true;
  }
  entry.questions.erase(question);
  questions_.erase(found);
  if (entry.questions.empty()) entry.deadline.cancel();
  ask(entry);
  return true;
}

// True if the answer proves what the hash stands for: then all who claim it are told.
bool CapsTable::settle(Entry& entry, xml::Element info) {
  if (!info || !verifies(entry.claim, info)) return false;
  auto wanted = wanted_nodes(info);
  if (wanted.size() > kWanted) wanted.resize(kWanted);
  entry.capabilities->verify(std::make_shared<const std::vector<std::string>>(std::move(wanted)));
  entry.deadline.cancel();
  for (const auto& question : std::exchange(entry.questions, {})) {
    questions_.erase(question.id);
    verified_(question.asked, entry.capabilities);
  }
  for (const auto& claimant : std::exchange(entry.unasked, {})) verified_(claimant, entry.capabilities);
  return true;
}

// Those who were asked keep silent: the next ones.
void CapsTable::give_up(Entry& entry) {
  for (const auto& question : std::exchange(entry.questions, {})) questions_.erase(question.id);
  ask(entry);
}

// Room for one more. What somebody claims stays: there are as many of those as sessions and peers at most.
void CapsTable::evict() {
  if (entries_.size() < kKept) return;
  std::size_t looked_at = 0;
  for (auto it = recent_.begin(); it != recent_.end() && looked_at < kLookedAt; ++looked_at) {
    const auto found = entries_.find(*it);
    Entry& entry = *found->second;
    if (entry.capabilities.use_count() > 1) {
      recent_.splice(recent_.end(), recent_, it++);
      continue;
    }
    for (const auto& question : entry.questions) questions_.erase(question.id);
    it = recent_.erase(it);
    entries_.erase(found);
  }
}

}  // namespace vestnik::pubsub
