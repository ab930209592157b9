#pragma once
#include <string_view>

namespace vestnik {

/// `0.1.0`, as the top CMakeLists.txt has it.
std::string_view version();

}  // namespace vestnik
