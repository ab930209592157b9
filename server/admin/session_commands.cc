#include "server/admin/session_commands.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "proto/base/datetime.h"
#include "proto/xml/writer.h"
#include "server/admin/errors.h"
#include "server/admin/shard_calls.h"

namespace vestnik::admin {
namespace {

/// A session as `session list` shows it.
struct SessionLine {
  std::string jid;
  std::string since;
  LinkInfo link;
  bool available = false;
  int priority = 0;
};

SessionLine describe(Session& session) {
  return {.jid = session.jid().full(),
          .since = format_utc(session.since()),
          .link = session.link().info(),
          .available = session.available(),
          .priority = session.priority()};
}

json::object to_json(const SessionLine& line) {
  return {{"jid", line.jid},          {"address", line.link.address}, {"transport", line.link.transport},
          {"tls", line.link.tls},     {"since", line.since},          {"available", line.available},
          {"priority", line.priority}};
}

/// The sessions of one account of this shard, or of all if `bare` is empty.
std::vector<SessionLine> sessions_of(Shard& shard, const std::string& bare) {
  std::vector<SessionLine> lines;
  shard.accounts().for_each([&](Account& account) {
    if (!bare.empty() && account.jid().full() != bare) return;
    for (const auto& session : account.sessions()) lines.push_back(describe(*session));
  });
  return lines;
}

/// Ends the sessions of an account of this shard, or only that of `resource` if it is not empty. Returns how
/// many there were.
std::size_t end_sessions(Shard& shard, std::string_view bare, std::string_view resource,
                         const StreamError& error) {
  const Account* account = shard.accounts().loaded(bare);
  if (account == nullptr) return 0;
  std::vector<ClientLink*> links;  // closing a link takes its session out of the account
  for (const auto& session : account->sessions()) {
    if (resource.empty() || session->jid().resource() == resource) links.push_back(&session->link());
  }
  for (ClientLink* link : links) link->close(error);
  return links.size();
}

/// Sends a headline to every available session of this shard's accounts on `host` (empty: on all). Returns
/// how many.
std::size_t announce_on(Shard& shard, const std::string& text, const std::string& host) {
  std::size_t told = 0;
  std::string body;
  xml::Writer(body).leaf("body", text);
  shard.accounts().for_each([&](Account& account) {
    if (!host.empty() && account.jid().domain() != host) return;
    const Jid domain = *Jid::from_parts({}, account.jid().domain());
    for (const auto& session : account.sessions()) {
      if (!session->available()) continue;
      session->send(Stanza::make({.kind = StanzaKind::message,
                                  .type = StanzaType::headline,
                                  .from = domain,
                                  .to = session->jid(),
                                  .id = shard.new_id()},
                                 body));
      ++told;
    }
  });
  return told;
}

}  // namespace

void SessionCommands::bind(CommandTable& table) {
  table.bind("session list", [this](Arguments arguments) { return list(std::move(arguments)); });
  table.bind("session kick", [this](Arguments arguments) { return kick(std::move(arguments)); });
  table.bind("announce", [this](Arguments arguments) { return announce(std::move(arguments)); });
}

Task<Reply> SessionCommands::list(Arguments arguments) {
  const std::string bare = arguments["jid"];
  auto query = [bare](Shard& shard) { return sessions_of(shard, bare); };
  const auto per_shard = co_await on_all_shards<std::vector<SessionLine>>(context_, query);
  if (!per_shard) co_return stopping();
  std::vector<SessionLine> lines;
  for (const auto& some : *per_shard) lines.insert(lines.end(), some.begin(), some.end());
  std::ranges::sort(lines, {}, &SessionLine::jid);
  json::array sessions;
  for (const SessionLine& line : lines) sessions.push_back(to_json(line));
  co_return json::object{{"sessions", std::move(sessions)}};
}

Task<Reply> SessionCommands::kick(Arguments arguments) {
  const Jid jid(JidView::of_canonical(arguments["jid"]));
  const StreamError error{StreamCondition::policy_violation, arguments["reason"]};
  auto end = [jid, error](Shard& shard) { return end_sessions(shard, jid.bare(), jid.resource(), error); };
  const auto ended = co_await on_owner<std::size_t>(context_, std::string(jid.bare()), end);
  if (!ended) co_return stopping();
  if (*ended == 0) co_return refused("not-found", fmt::format("{} has no session", jid.full()));
  co_return json::object{{"sessions_ended", *ended}};
}

Task<Reply> SessionCommands::announce(Arguments arguments) {
  const std::string text = arguments["text"];
  const std::string host = arguments["host"];
  auto tell = [text, host](Shard& shard) { return announce_on(shard, text, host); };
  const auto per_shard = co_await on_all_shards<std::size_t>(context_, tell);
  if (!per_shard) co_return stopping();
  std::size_t told = 0;
  for (const std::size_t some : *per_shard) told += some;
  co_return json::object{{"sessions_told", told}};
}

}  // namespace vestnik::admin
