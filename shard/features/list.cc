#include "shard/features/list.h"

namespace vestnik {

const std::vector<FeatureEntry>& feature_list() {
  static const std::vector<FeatureEntry> kFeatures{
      {{.name = "session", .doc = "The session request that older clients send after binding; does nothing."},
       features::make_session},
      {{.name = "roster",
        .doc = "Contact lists and who may see whose presence, shared groups included (RFC 6121)."},
       features::make_roster},
      {{.name = "blocking", .doc = "Block lists that users keep (XEP-0191)."}, features::make_blocking},
      {{.name = "archive",
        .doc = "Keeps users' messages and gives them back (XEP-0313); for how long and how many: "
               "archive_retention and archive_messages of [[host]].",
        .options = {{.name = "page_default",
                     .initial = std::uint32_t{50},
                     .doc = "Messages of a page when the client names no number.",
                     .min = 1,
                     .max = 1'000},
                    {.name = "page_max",
                     .initial = std::uint32_t{250},
                     .doc = "Messages of a page at most.",
                     .min = 1,
                     .max = 1'000},
                    {.name = "full_text",
                     .initial = false,
                     .doc = "Lets users search for words in messages (XEP-0431) that came while this was on. "
                            "Every message then costs more disk space and time."}}},
       features::make_archive},
      {{.name = "carbons",
        .doc = "Shows what one of a user's clients sends or gets to the others (XEP-0280)."},
       features::make_carbons},
      {{.name = "offline",
        .doc = "Keeps messages for users who are not there (XEP-0160); how many: limits.offline_messages."},
       features::make_offline},
      {{.name = "register",
        .doc = "In-band registration (XEP-0077): new accounts where [[host]] registration allows it, change "
               "of password "
               "and removal of the own account always."},
       features::make_register},
      {{.name = "disco", .doc = "Says what hosts and accounts can do (XEP-0030)."}, features::make_disco},
      {{.name = "components", .doc = "Shows the [[component]]s among what their hosts have (XEP-0030)."},
       features::make_components},
      {{.name = "caps", .doc = "The hash of what a host can do, in its stream features (XEP-0115)."},
       features::make_caps},
      {{.name = "contact", .doc = "Publishes the contact_* addresses of [[host]] (XEP-0157)."},
       features::make_contact},
      {{.name = "ping", .doc = "Answers pings (XEP-0199)."}, features::make_ping},
      {{.name = "version",
        .doc = "Says which software this is (XEP-0092).",
        .options = {{.name = "show_os", .initial = false, .doc = "Names the operating system too."}}},
       features::make_version},
      {{.name = "time", .doc = "Tells the time (XEP-0202)."}, features::make_time},
      {{.name = "last", .doc = "Tells contacts how long ago a user was last there (XEP-0012)."},
       features::make_last},
      {{.name = "private",
        .doc = "Keeps settings for users' clients (XEP-0049); how much: limits.private_bytes."},
       features::make_private},
      {{.name = "vcard", .doc = "Keeps users' cards (XEP-0054); how large: limits.vcard_bytes."},
       features::make_vcard},
  };
  return kFeatures;
}

}  // namespace vestnik
