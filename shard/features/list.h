#pragma once
#include "shard/feature/feature.h"

/// One function per feature file; only list.cc names them.
namespace vestnik::features {

Feature make_session(Shard& shard);
Feature make_roster(Shard& shard);
Feature make_delegation(Shard& shard);
Feature make_disco(Shard& shard);
Feature make_caps(Shard& shard);
Feature make_contact(Shard& shard);
Feature make_ping(Shard& shard);
Feature make_version(Shard& shard);
Feature make_time(Shard& shard);
Feature make_last(Shard& shard);
Feature make_private(Shard& shard);
Feature make_vcard(Shard& shard);
Feature make_archive(Shard& shard);
Feature make_blocking(Shard& shard);
Feature make_carbons(Shard& shard);
Feature make_components(Shard& shard);
Feature make_muc(Shard& shard);
Feature make_privileges(Shard& shard);
Feature make_offline(Shard& shard);
Feature make_pubsub(Shard& shard);
Feature make_register(Shard& shard);

}  // namespace vestnik::features
