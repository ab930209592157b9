#include "shard/features/archive/queries.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "shard/archive/archiving.h"
#include "shard/shard.h"
#include "shard/stream_management/delivery.h"

namespace vestnik::features {
namespace {

// A page with large messages ends early: the outbox has to take all of it at once.
constexpr std::size_t kPageBytes = 512 << 10;
// Of a session, the one that is being answered included.
constexpr std::size_t kMaxQueries = 16;
constexpr std::size_t kMaxIds = 1'000;
// Stanzas from which on the next page waits until a client with stream management has acknowledged the last
// one. Before, the kernel's word is enough: some clients lose count, and never acknowledge the end.
constexpr std::size_t kManyUnacked = 500;

using Time = std::chrono::system_clock::time_point;

std::int64_t millis(Time time) {
  return std::chrono::floor<std::chrono::milliseconds>(time).time_since_epoch().count();
}

// Messages are as old as their results say, to the millisecond.
storage::ArchiveId last_before(Time start) {
  // The earliest of times, which stands for all before it, has no whole milliseconds below it to compare
  // with.
  const bool fraction = start.time_since_epoch() % std::chrono::milliseconds(1) != Time::duration::zero();
  return (millis(start) + (fraction ? 1 : 0)) * 1'000 - 1;
}
storage::ArchiveId first_after(Time end) { return (millis(end) + 1) * 1'000; }

// The last message of a page: when the client has it, the next page may be read.
class PageEnd final : public Delivery {
 public:
  explicit PageEnd(std::function<void()> reached) : reached_(std::move(reached)) {}
  void delivered() override { reached_(); }
  void lost() override {}  // with the session, whose queries are forgotten

 private:
  std::function<void()> reached_;
};

}  // namespace

void answer_metadata(IqRequest& request) {
  Shard& shard = request.shard();
  shard.read(
      *request.account(),
      [owner = request.account()->jid().full()](storage::Stores& stores) {
        return stores.archive().bounds(owner);
      },
      [&shard, owner = request.account()->jid().full(), reply = request.defer()](
          Result<std::optional<storage::ArchiveBounds>, storage::Error> bounds) mutable {
        if (!bounds) return reply.error(Shard::condition_of(bounds.error()), "the archive could not be read");
        if (!*bounds) return reply.result(mam::empty_metadata());
        const auto end = [&](storage::ArchiveId id) {
          return mam::End{.id = shard.archive_ids().encode(owner, id), .received = storage::received_at(id)};
        };
        reply.result(mam::metadata(end((*bounds)->first), end((*bounds)->last)));
      });
}

void ArchiveQueries::ask(IqRequest& request) {
  if (request.session() == nullptr) return request.error(StanzaCondition::not_allowed, "this is for clients");
  auto query = mam::parse_query(request.payload(), search_);
  if (!query) return request.error(query.error().condition, query.error().text);
  if (query->ids && query->ids->size() > kMaxIds)
    return request.error(StanzaCondition::policy_violation, "these are too many ids");
  auto& line = lines_[request.session()->id()];
  if (line.size() >= kMaxQueries)
    return request.error(StanzaCondition::resource_constraint, "too many queries are waiting");
  line.push_back({.query = std::move(*query), .reply = request.defer()});
  if (line.size() == 1) start(*request.session());
}

void ArchiveQueries::start(Session& session) {
  Account& account = session.account();
  auto lookup = lookup_for(account, lines_[session.id()].front().query);
  const storage::ArchiveQuery range = lookup ? lookup->range : storage::ArchiveQuery{};
  const auto done = [self = shared_from_this(), jid = session.jid(), id = session.id(), range](auto page) {
    self->answer(jid, id, range, std::move(page));
  };
  if (!lookup) return done(Result<std::optional<storage::ArchivePage>, storage::Error>(std::nullopt));
  shard_.read(
      account, [lookup = std::move(*lookup)](storage::Stores& stores) { return read(stores, lookup); }, done);
}

// None if an id is not of this archive.
std::optional<ArchiveQueries::Lookup> ArchiveQueries::lookup_for(const Account& account,
                                                                 const mam::Query& query) {
  const FeatureConfig& config = shard_.config().features.find("archive")->second;
  Lookup lookup{.owner = account.jid().full(),
                .must_exist = {},
                .only = {},
                .range = {.with = query.with, .text = query.text}};
  storage::ArchiveQuery& range = lookup.range;
  range.limit = std::min(query.page.max.value_or(config.get<std::uint32_t>("page_default")),
                         config.get<std::uint32_t>("page_max"));
  range.bytes = kPageBytes;
  range.from_end = query.page.before.has_value();
  if (query.start) range.after = last_before(*query.start);
  if (query.end) range.before = first_after(*query.end);

  const auto decode = [&](const std::string& text) {
    const auto id = shard_.archive_ids().decode(lookup.owner, text);
    if (id) lookup.must_exist.push_back(*id);
    return id;
  };
  const auto begin_behind = [&](const std::optional<std::string>& bound) {
    const auto id = bound ? decode(*bound) : storage::kNoArchiveId;
    if (id) range.after = std::max(range.after, *id);
    return id.has_value();
  };
  const auto end_before = [&](const std::optional<std::string>& bound) {
    const auto id = bound ? decode(*bound) : storage::kEndOfArchive;
    if (id) range.before = std::min(range.before, *id);
    return id.has_value();
  };
  const bool last_page = query.page.before && query.page.before->empty();
  if (!begin_behind(query.after_id) || !begin_behind(query.page.after) || !end_before(query.before_id) ||
      (!last_page && !end_before(query.page.before))) {
    return std::nullopt;
  }
  if (query.ids) {
    for (const std::string& text : *query.ids) {
      if (!decode(text)) return std::nullopt;
    }
    lookup.only.emplace(lookup.must_exist.end() - static_cast<std::ptrdiff_t>(query.ids->size()),
                        lookup.must_exist.end());
    std::ranges::sort(*lookup.only);
    const auto repeated = std::ranges::unique(*lookup.only);
    lookup.only->erase(repeated.begin(), repeated.end());
  }
  return lookup;
}

// On the storage's thread.
std::optional<storage::ArchivePage> ArchiveQueries::read(storage::Stores& stores, const Lookup& lookup) {
  storage::ArchiveStore& store = stores.archive();
  for (const storage::ArchiveId id : lookup.must_exist) {
    if (!store.contains(lookup.owner, id)) return std::nullopt;
  }
  return lookup.only ? read_single(store, lookup) : store.page(lookup.owner, lookup.range);
}

storage::ArchivePage ArchiveQueries::read_single(storage::ArchiveStore& store, const Lookup& lookup) {
  const storage::ArchiveQuery& range = lookup.range;
  storage::ArchivePage page{.messages = {}, .complete = true};
  std::size_t bytes = 0;
  const auto take = [&](storage::ArchiveId id) {
    if (id <= range.after || id >= range.before) return true;
    auto found =
        store.page(lookup.owner,
                   {.after = id - 1, .before = id + 1, .with = range.with, .text = range.text, .limit = 1});
    if (found.messages.empty()) return true;
    if (page.messages.size() == range.limit || bytes >= range.bytes) return page.complete = false;
    bytes += found.messages.front().stanza.size();
    page.messages.push_back(std::move(found.messages.front()));
    return true;
  };
  if (range.from_end) {
    static_cast<void>(std::all_of(lookup.only->rbegin(), lookup.only->rend(), take));
    std::ranges::reverse(page.messages);
  } else {
    static_cast<void>(std::ranges::all_of(*lookup.only, take));
  }
  return page;
}

void ArchiveQueries::answer(const Jid& jid, std::uint64_t session_id, const storage::ArchiveQuery& range,
                            Result<std::optional<storage::ArchivePage>, storage::Error> page) {
  Session* session = find(jid, session_id);
  const auto line = lines_.find(session_id);
  if (session == nullptr || line == lines_.end()) return;
  Asked& asked = line->second.front();
  if (!page) {
    asked.reply.error(Shard::condition_of(page.error()), "the archive could not be read");
  } else if (!*page) {
    asked.reply.error(StanzaCondition::item_not_found, "an id is of no message in this archive");
  } else {
    note_served(*session, asked.query, range, **page);
    asked.reply.result(fin_of(jid, **page));
    return send_page(*session, asked.query, std::move((*page)->messages));
  }
  next(jid, session_id);
}

std::string ArchiveQueries::fin_of(const Jid& jid, const storage::ArchivePage& page) {
  if (page.messages.empty()) return mam::fin({}, {}, page.complete);
  const auto id_of = [&](const storage::ArchivedMessage& message) {
    return shard_.archive_ids().encode(jid.bare(), message.id);
  };
  return mam::fin(id_of(page.messages.front()), id_of(page.messages.back()), page.complete);
}

void ArchiveQueries::send_page(Session& session, const mam::Query& query,
                               std::vector<storage::ArchivedMessage> messages) {
  const std::string& owner = session.account().jid().full();
  if (query.flipped) std::ranges::reverse(messages);
  const auto result = [&](const storage::ArchivedMessage& message) {
    const std::string id = shard_.archive_ids().encode(owner, message.id);
    const mam::ResultHead head{
        .query_id = query.query_id, .id = id, .received = storage::received_at(message.id)};
    const std::string content =
        mam::result(head, message.stanza, archiving::stanza_id(shard_, owner, message.id));
    return Stanza::make({.kind = StanzaKind::message, .from = session.account().jid(), .to = session.jid()},
                        content);
  };
  if (messages.empty()) return next(session.jid(), session.id());
  auto go_on = [self = shared_from_this(), jid = session.jid(), id = session.id()] { self->next(jid, id); };
  const bool few_unacked = session.is_managed() && session.stream()->outgoing().size() < kManyUnacked;
  auto last = std::make_shared<const Stanza>(result(messages.back()));
  messages.pop_back();
  for (const auto& message : messages) session.send(result(message));
  if (!few_unacked) return session.send(std::move(last), std::make_shared<PageEnd>(std::move(go_on)));
  session.send(std::move(last));
  session.link().when_written([go_on = std::move(go_on)](bool /*written*/) { go_on(); });
}

// Of a page with everybody's messages all between its ends has been served, and what lies between its first
// message and where the query began does not exist.
void ArchiveQueries::note_served(Session& session, const mam::Query& query,
                                 const storage::ArchiveQuery& range, const storage::ArchivePage& page) {
  if (query.with || query.ids || !query.text.empty() || page.messages.empty()) return;
  const bool from_begin = !range.from_end || page.complete;
  session.served().add(from_begin ? range.after : page.messages.front().id - 1, page.messages.back().id + 1);
}

void ArchiveQueries::next(const Jid& jid, std::uint64_t session_id) {
  const auto line = lines_.find(session_id);
  if (line == lines_.end()) return;
  line->second.pop_front();
  Session* session = find(jid, session_id);
  if (session == nullptr || line->second.empty()) {
    lines_.erase(line);
  } else {
    start(*session);
  }
}

Session* ArchiveQueries::find(const Jid& jid, std::uint64_t session_id) {
  Account* account = shard_.accounts().loaded(jid.bare());
  Session* session = account == nullptr ? nullptr : account->session(jid.resource());
  return session != nullptr && session->id() == session_id ? session : nullptr;
}

}  // namespace vestnik::features
