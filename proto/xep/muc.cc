#include "proto/xep/muc.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "proto/base/base64.h"
#include "proto/base/crypto.h"
#include "proto/base/datetime.h"

namespace vestnik::muc {
namespace {

constexpr std::array<std::string_view, 5> kAffiliations{"outcast", "none", "member", "admin", "owner"};
constexpr std::array<std::string_view, 4> kRoles{"none", "visitor", "participant", "moderator"};

template <typename Enum, std::size_t N>
std::optional<Enum> find_name(const std::array<std::string_view, N>& names, std::string_view text) {
  const auto found = std::ranges::find(names, text);
  if (found == names.end()) return std::nullopt;
  return static_cast<Enum>(found - names.begin());
}

std::optional<std::uint64_t> number(std::optional<std::string_view> text) {
  std::uint64_t value = 0;
  if (!text) return std::nullopt;
  const char* end = text->data() + text->size();
  const auto [at, error] = std::from_chars(text->data(), end, value);
  if (error != std::errc{} || at != end) return std::nullopt;
  return value;
}

bool administers(Affiliation affiliation) { return affiliation >= Affiliation::admin; }

}  // namespace

std::string_view to_string(Affiliation affiliation) { return kAffiliations[std::to_underlying(affiliation)]; }
std::string_view to_string(Role role) { return kRoles[std::to_underlying(role)]; }
std::optional<Affiliation> parse_affiliation(std::string_view text) {
  return find_name<Affiliation>(kAffiliations, text);
}
std::optional<Role> parse_role(std::string_view text) { return find_name<Role>(kRoles, text); }

Role initial_role(Affiliation affiliation, bool moderated) {
  if (administers(affiliation)) return Role::moderator;
  if (affiliation == Affiliation::member) return Role::participant;
  return moderated ? Role::visitor : Role::participant;
}

Role role_after(Role role, Affiliation before, Affiliation after, bool moderated) {
  const Role initial = initial_role(after, moderated);
  if (after > before) return std::max(role, initial);
  return administers(before) && !administers(after) ? initial : role;
}

std::optional<StanzaCondition> refuse_affiliation(Affiliation actor, Affiliation before, Affiliation after) {
  if (actor == Affiliation::owner) return std::nullopt;
  if (actor != Affiliation::admin) return StanzaCondition::forbidden;
  if (administers(before)) return StanzaCondition::not_allowed;
  if (administers(after)) return StanzaCondition::forbidden;
  return std::nullopt;
}

std::optional<StanzaCondition> refuse_role(const Standing& actor, const Standing& target, Role after) {
  if (actor.role != Role::moderator) return StanzaCondition::forbidden;
  if (target.affiliation > actor.affiliation) return StanzaCondition::not_allowed;
  if (after == Role::none) {
    // §8.2: who has as much to say here as the moderator is not thrown out by it.
    const bool peers = administers(target.affiliation) && target.affiliation == actor.affiliation;
    return peers && actor.affiliation != Affiliation::owner ? std::optional(StanzaCondition::not_allowed)
                                                            : std::nullopt;
  }
  // §8.4, §9.7: what an administrator is here goes with the affiliation, not with the role.
  if (administers(target.affiliation) && after != Role::moderator) return StanzaCondition::not_allowed;
  const bool about_moderators = target.role == Role::moderator || after == Role::moderator;
  if (about_moderators && !administers(actor.affiliation)) return StanzaCondition::forbidden;
  return std::nullopt;
}

void write_user(xml::Writer& writer, const UserItem* item, std::span<const int> codes,
                std::string_view more) {
  writer.open("x", kUser);
  if (item != nullptr) {
    writer.open("item").attr("affiliation", to_string(item->affiliation)).attr("role", to_string(item->role));
    writer.attr_if("jid", item->jid).attr_if("nick", item->nick);
    if (!item->actor.empty()) writer.open("actor").attr("nick", item->actor).close();
    if (!item->reason.empty()) writer.leaf("reason", item->reason);
    writer.close();
  }
  for (const int code : codes) writer.open("status").attr("code", static_cast<std::uint64_t>(code)).close();
  writer.raw(more).close();
}

HistoryWish parse_history(xml::Element x) {
  HistoryWish wish;
  const xml::Element history = x.child("history");
  if (!history) return wish;
  wish.characters = number(history.attr("maxchars"));
  wish.stanzas = number(history.attr("maxstanzas"));
  wish.seconds = number(history.attr("seconds"));
  if (const auto since = history.attr("since")) wish.since = parse_datetime(*since);
  return wish;
}

std::string occupant_id(std::string_view secret, std::string_view room, std::string_view user) {
  std::string subject(room);
  subject.append(" ").append(user);
  return base64url_encode(hmac(HashKind::sha256, secret, subject));
}

}  // namespace vestnik::muc
