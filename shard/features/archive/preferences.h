#pragma once
#include "shard/feature/iq_request.h"

namespace vestnik::features {

/// XEP-0441 §2: what the user's archive takes in.
void get_archive_preferences(IqRequest& request);
void set_archive_preferences(IqRequest& request);

}  // namespace vestnik::features
