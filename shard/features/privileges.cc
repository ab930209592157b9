// XEP-0356: components that may do more than others. What they may is in shard/component/privileges.h; here
// it only becomes a feature, with options.
#include "shard/features/list.h"

namespace vestnik::features {

Feature make_privileges(Shard& /*shard*/) { return {.name = "privileges", .xeps = {"XEP-0356"}}; }

}  // namespace vestnik::features
