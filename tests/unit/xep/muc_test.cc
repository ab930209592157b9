#include "proto/xep/muc.h"

#include <doctest/doctest.h>

#include <string>

#include "proto/xep/muc_config.h"
#include "proto/xml/document.h"

namespace vestnik::muc {
namespace {

using enum StanzaCondition;

constexpr RoomBounds kBounds{.max_occupants = 1'000, .history = 50, .name_bytes = 20, .text_bytes = 40};

TEST_CASE("muc: affiliations, who may change which (XEP-0045 §5.2.2)") {
  using enum Affiliation;
  for (const auto before : {outcast, none, member, admin, owner}) {
    for (const auto after : {outcast, none, member, admin, owner}) {
      CHECK_FALSE(refuse_affiliation(owner, before, after));
      CHECK(refuse_affiliation(member, before, after) == forbidden);
      const auto why = refuse_affiliation(admin, before, after);
      if (before >= admin) {
        CHECK(why == not_allowed);
      } else if (after >= admin) {
        CHECK(why == forbidden);
      } else {
        CHECK_FALSE(why);
      }
    }
  }
}

TEST_CASE("muc: roles, who may change which (XEP-0045 §8, §9)") {
  const Standing owner{Affiliation::owner, Role::moderator};
  const Standing admin{Affiliation::admin, Role::moderator};
  const Standing moderator{Affiliation::none, Role::moderator};
  const Standing participant{Affiliation::none, Role::participant};
  CHECK_FALSE(refuse_role(moderator, participant, Role::none));
  CHECK_FALSE(refuse_role(moderator, participant, Role::visitor));
  CHECK(refuse_role(moderator, participant, Role::moderator) == forbidden);
  CHECK(refuse_role(moderator, admin, Role::none) == not_allowed);
  CHECK(refuse_role(participant, participant, Role::none) == forbidden);
  CHECK_FALSE(refuse_role(admin, participant, Role::moderator));
  CHECK_FALSE(refuse_role(admin, moderator, Role::participant));
  CHECK(refuse_role(admin, admin, Role::none) == not_allowed);
  CHECK(refuse_role(owner, admin, Role::visitor) == not_allowed);
  CHECK_FALSE(refuse_role(owner, admin, Role::none));
}

TEST_CASE("muc: roles follow affiliations (XEP-0045 §5.1.2, §5.1.3)") {
  CHECK(initial_role(Affiliation::none, true) == Role::visitor);
  CHECK(initial_role(Affiliation::none, false) == Role::participant);
  CHECK(initial_role(Affiliation::member, true) == Role::participant);
  CHECK(initial_role(Affiliation::admin, true) == Role::moderator);
  CHECK(role_after(Role::visitor, Affiliation::none, Affiliation::member, true) == Role::participant);
  CHECK(role_after(Role::moderator, Affiliation::none, Affiliation::member, true) == Role::moderator);
  CHECK(role_after(Role::moderator, Affiliation::owner, Affiliation::none, true) == Role::visitor);
  CHECK(role_after(Role::participant, Affiliation::member, Affiliation::none, true) == Role::participant);
}

std::string field(std::string_view var, std::string_view value) {
  return "<field var='" + std::string(var) + "'><value>" + std::string(value) + "</value></field>";
}

Result<RoomForm, StanzaReject> submit(const std::string& fields, RoomForm form = {}) {
  xml::Document document;
  const std::string xml = "<x xmlns='jabber:x:data' type='submit'>" +
                          field("FORM_TYPE", "http://jabber.org/protocol/muc#roomconfig") + fields + "</x>";
  return apply_config_form(document.parse(xml), std::move(form), kBounds);
}

TEST_CASE("muc: what a form does not name stays") {
  RoomForm form;
  form.config.name = "Cave";
  form.config.moderated = true;
  const auto changed = submit(field("muc#roomconfig_roomdesc", "dark") + field("unknown", "x"), form);
  REQUIRE(changed);
  form.config.description = "dark";
  CHECK(changed->config == form.config);
  CHECK_FALSE(changed->owners);
}

TEST_CASE("muc: the form that is offered, sent back, changes nothing") {
  RoomForm form;
  form.config.name = "a < b & \"c\"";
  form.config.password = "sesame";
  form.config.password_protected = true;
  form.config.max_occupants = 70;
  form.config.private_messages = PrivateMessages::moderators;
  form.config.presence_of = {};
  form.config.presence_of.add(Role::moderator);
  form.owners.emplace().push_back(*Jid::parse("alice@example.org"));
  form.admins.emplace();
  std::string xml;
  xml::Writer writer(xml);
  write_config_form(writer, form, kBounds);
  xml::Document document;
  const auto same = apply_config_form(document.parse(xml), {}, kBounds);
  REQUIRE(same);
  CHECK(same->config == form.config);
  CHECK(same->owners == form.owners);
}

TEST_CASE("muc: what a form may not say") {
  const auto fault = [](const std::string& fields) {
    const auto result = submit(fields);
    REQUIRE_FALSE(result);
    return result.error().condition;
  };
  CHECK(fault(field("muc#roomconfig_whois", "me")) == bad_request);
  CHECK(fault(field("muc#roomconfig_publicroom", "2")) == bad_request);
  CHECK(fault(field("muc#roomconfig_maxusers", "-1")) == bad_request);
  CHECK(fault(field("muc#roomconfig_maxusers", "1001")) == not_acceptable);
  CHECK(fault(field("muc#maxhistoryfetch", "51")) == not_acceptable);
  CHECK(fault(field("muc#roomconfig_roomname", std::string(21, 'x'))) == not_acceptable);
  CHECK(fault(field("muc#roomconfig_passwordprotectedroom", "1")) == not_acceptable);
  CHECK(fault("<field var='muc#roomconfig_roomowners'/>") == not_acceptable);
  CHECK(fault(field("muc#roomconfig_roomadmins", "@")) == jid_malformed);
}

TEST_CASE("muc: an occupant's id is the room's own and says nothing of the user (XEP-0421 §4)") {
  const std::string id = occupant_id("secret", "room@a", "user@b");
  CHECK(id == occupant_id("secret", "room@a", "user@b"));
  CHECK(id != occupant_id("secret", "room2@a", "user@b"));
  CHECK(id != occupant_id("other", "room@a", "user@b"));
  CHECK_FALSE(id.contains("user"));
}

}  // namespace
}  // namespace vestnik::muc
