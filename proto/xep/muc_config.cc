#include "proto/xep/muc_config.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "proto/xep/dataform.h"

namespace vestnik::muc {
namespace {

constexpr std::array<FormOption, 4> kPrivateMessages{{{"Anyone", "anyone"},
                                                      {"Anyone with voice", "participants"},
                                                      {"Moderators only", "moderators"},
                                                      {"Nobody", "none"}}};
constexpr std::array<FormOption, 2> kWhois{{{"Moderators only", "moderators"}, {"Anyone", "anyone"}}};
constexpr std::array<FormOption, 3> kRoleOptions{
    {{"Moderator", "moderator"}, {"Participant", "participant"}, {"Visitor", "visitor"}}};
constexpr std::array kOccupantNumbers{10U, 20U, 50U, 100U, 200U, 500U, 1000U, 2000U, 5000U, 10000U};

template <std::size_t N>
std::optional<std::size_t> find_value(const std::array<FormOption, N>& options, std::string_view value) {
  const auto found = std::ranges::find(options, value, &FormOption::value);
  if (found == options.end()) return std::nullopt;
  return static_cast<std::size_t>(found - options.begin());
}

std::unexpected<StanzaReject> refuse(StanzaCondition condition, std::string text) {
  return Err(StanzaReject{condition, std::move(text)});
}

void write_roles(FormWriter& form, std::string_view var, std::string_view label, Roles roles) {
  std::vector<std::string_view> values;
  for (const Role role : {Role::moderator, Role::participant, Role::visitor}) {
    if (roles.has(role)) values.push_back(to_string(role));
  }
  form.choices(var, label, values, kRoleOptions);
}

void write_max_occupants(FormWriter& form, std::uint32_t now, std::uint32_t most) {
  std::vector<std::string> texts{std::to_string(now == 0 ? most : now), std::to_string(most)};
  for (const auto number : kOccupantNumbers) {
    if (number < most) texts.push_back(std::to_string(number));
  }
  const std::string value = texts.front();
  std::ranges::sort(texts, {}, [](const std::string& text) { return std::pair(text.size(), text); });
  texts.erase(std::ranges::unique(texts).begin(), texts.end());
  std::vector<FormOption> options;
  options.reserve(texts.size());
  for (const auto& text : texts) options.push_back({text, text});
  form.choice("muc#roomconfig_maxusers", "Maximum number of occupants", value, options);
}

std::vector<std::string> texts_of(const std::vector<Jid>& jids) {
  std::vector<std::string> texts;
  texts.reserve(jids.size());
  for (const Jid& jid : jids) texts.push_back(jid.full());
  return texts;
}

// Takes over fields one by one; the first fault is kept and ends it.
class FormReader {
 public:
  explicit FormReader(const SubmittedForm& form) : form_(form) {}

  void text(std::string_view var, std::string& target, std::size_t most) {
    const auto value = form_.text(var);
    if (!value) return;
    if (value->size() > most) return fault(StanzaCondition::not_acceptable, var, "is too long");
    target = *value;
  }

  void boolean(std::string_view var, bool& target) {
    const auto value = form_.boolean(var);
    if (!value) {
      if (!fault_) fault_ = value.error();
    } else if (value->has_value()) {
      target = **value;
    }
  }

  void number(std::string_view var, std::uint32_t& target, std::uint32_t most) {
    const auto text = form_.text(var);
    if (!text) return;
    std::uint32_t value = 0;
    const char* end = text->data() + text->size();
    const auto [at, error] = std::from_chars(text->data(), end, value);
    if (error != std::errc{} || at != end) return fault(StanzaCondition::bad_request, var, "is no number");
    if (value > most) return fault(StanzaCondition::not_acceptable, var, "is more than this service allows");
    target = value;
  }

  template <std::size_t N>
  std::optional<std::size_t> choice(std::string_view var, const std::array<FormOption, N>& options) {
    const auto value = form_.text(var);
    if (!value) return std::nullopt;
    const auto index = find_value(options, *value);
    if (!index) fault(StanzaCondition::bad_request, var, "is none of the choices");
    return index;
  }

  void roles(std::string_view var, Roles& target) {
    const auto* values = form_.find(var);
    if (values == nullptr) return;
    Roles roles;
    for (const auto& value : *values) {
      const auto role = parse_role(value);
      if (!role || *role == Role::none)
        return fault(StanzaCondition::bad_request, var, "is none of the choices");
      roles.add(*role);
    }
    target = roles;
  }

  void addresses(std::string_view var, std::optional<std::vector<Jid>>& target) {
    const auto* values = form_.find(var);
    if (values == nullptr) return;
    target.emplace();
    for (const auto& value : *values) {
      auto jid = Jid::parse(value);
      if (!jid) return fault(StanzaCondition::jid_malformed, var, "has an address that is none");
      target->push_back(jid->to_bare());
    }
  }

  const std::optional<StanzaReject>& first_fault() const { return fault_; }

 private:
  void fault(StanzaCondition condition, std::string_view var, std::string_view what) {
    if (!fault_) fault_ = StanzaReject{condition, std::string(var).append(" ").append(what)};
  }

  const SubmittedForm& form_;
  std::optional<StanzaReject> fault_;
};

void read_fields(FormReader& reader, RoomForm& form, const RoomBounds& bounds) {
  RoomConfig& config = form.config;
  reader.text("muc#roomconfig_roomname", config.name, bounds.name_bytes);
  reader.text("muc#roomconfig_roomdesc", config.description, bounds.text_bytes);
  reader.text("muc#roomconfig_lang", config.language, bounds.name_bytes);
  reader.text("muc#roomconfig_pubsub", config.pubsub, bounds.text_bytes);
  reader.text("muc#roomconfig_roomsecret", config.password, bounds.name_bytes);
  reader.boolean("muc#roomconfig_passwordprotectedroom", config.password_protected);
  reader.boolean("muc#roomconfig_publicroom", config.listed);
  reader.boolean("muc#roomconfig_persistentroom", config.persistent);
  reader.boolean("muc#roomconfig_membersonly", config.members_only);
  reader.boolean("muc#roomconfig_moderatedroom", config.moderated);
  reader.boolean("muc#roomconfig_changesubject", config.subject_by_all);
  reader.boolean("muc#roomconfig_allowinvites", config.invites_by_all);
  reader.roles("muc#roomconfig_presencebroadcast", config.presence_of);
  reader.roles("muc#roomconfig_getmemberlist", config.lists_for);
  reader.number("muc#roomconfig_maxusers", config.max_occupants, bounds.max_occupants);
  // All that the service allows, whatever that will be.
  if (config.max_occupants == bounds.max_occupants) config.max_occupants = 0;
  reader.number("muc#maxhistoryfetch", config.history, bounds.history);
  reader.addresses("muc#roomconfig_roomadmins", form.admins);
  reader.addresses("muc#roomconfig_roomowners", form.owners);
  if (const auto index = reader.choice("muc#roomconfig_whois", kWhois)) config.non_anonymous = *index == 1;
  if (const auto index = reader.choice("muc#roomconfig_allowpm", kPrivateMessages))
    config.private_messages = static_cast<PrivateMessages>(*index);
}

}  // namespace

void write_config_form(xml::Writer& writer, const RoomForm& form, const RoomBounds& bounds) {
  const RoomConfig& config = form.config;
  FormWriter out(writer, kRoomConfig, "Configuration of the room", {});
  out.text("muc#roomconfig_roomname", "Name", config.name);
  out.text("muc#roomconfig_roomdesc", "Description", config.description);
  out.text("muc#roomconfig_lang", "Language of the discussion", config.language);
  out.text("muc#roomconfig_pubsub", "Address of a publish-subscribe node that goes with it", config.pubsub);
  out.boolean("muc#roomconfig_publicroom", "Listed among the service's rooms", config.listed);
  out.boolean("muc#roomconfig_persistentroom", "Stays when nobody is in it", config.persistent);
  out.boolean("muc#roomconfig_membersonly", "For members only", config.members_only);
  out.boolean("muc#roomconfig_allowinvites", "Members may invite others", config.invites_by_all);
  out.boolean("muc#roomconfig_passwordprotectedroom", "A password is needed to enter",
              config.password_protected);
  out.secret("muc#roomconfig_roomsecret", "The password", config.password);
  out.boolean("muc#roomconfig_moderatedroom", "Moderated: newcomers have no voice", config.moderated);
  out.boolean("muc#roomconfig_changesubject", "Participants may change the subject", config.subject_by_all);
  out.choice("muc#roomconfig_whois", "Who sees the real addresses",
             kWhois[config.non_anonymous ? 1 : 0].value, kWhois);
  out.choice("muc#roomconfig_allowpm", "Who may send private messages",
             kPrivateMessages[std::to_underlying(config.private_messages)].value, kPrivateMessages);
  write_roles(out, "muc#roomconfig_presencebroadcast", "Whose presence is shown", config.presence_of);
  write_roles(out, "muc#roomconfig_getmemberlist", "Who may read the list of members", config.lists_for);
  write_max_occupants(out, config.max_occupants, bounds.max_occupants);
  out.text("muc#maxhistoryfetch", "Messages shown to those who enter", std::to_string(config.history));
  if (form.admins) out.addresses("muc#roomconfig_roomadmins", "Administrators", texts_of(*form.admins));
  if (form.owners) out.addresses("muc#roomconfig_roomowners", "Owners", texts_of(*form.owners));
  out.close();
}

Result<RoomForm, StanzaReject> apply_config_form(xml::Element x, RoomForm form, const RoomBounds& bounds) {
  const auto submitted = SubmittedForm::parse(x, kRoomConfig);
  if (!submitted) return Err(submitted.error());
  FormReader reader(*submitted);
  read_fields(reader, form, bounds);
  if (reader.first_fault()) return Err(*reader.first_fault());
  if (form.config.password_protected && form.config.password.empty())
    return refuse(StanzaCondition::not_acceptable, "a password-protected room needs a password");
  if (form.owners && form.owners->empty())
    return refuse(StanzaCondition::not_acceptable, "a room has an owner");
  return form;
}

std::vector<std::string_view> room_features(const RoomConfig& config) {
  return {config.listed ? "muc_public" : "muc_hidden",
          config.persistent ? "muc_persistent" : "muc_temporary",
          config.members_only ? "muc_membersonly" : "muc_open",
          config.moderated ? "muc_moderated" : "muc_unmoderated",
          config.non_anonymous ? "muc_nonanonymous" : "muc_semianonymous",
          config.password_protected ? "muc_passwordprotected" : "muc_unsecured"};
}

}  // namespace vestnik::muc
