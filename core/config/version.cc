#include "core/config/version.h"

namespace vestnik {

std::string_view version() { return VESTNIK_VERSION; }

}  // namespace vestnik
