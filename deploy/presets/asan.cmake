# Preset for `deploy/build asan`: AddressSanitizer, LeakSanitizer and UBSan.
set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "")
set(VESTNIK_SANITIZE "address,undefined" CACHE STRING "")
