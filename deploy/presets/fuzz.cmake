# Preset for `deploy/build fuzz`: libFuzzer targets under ASan and UBSan.
set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "")
set(VESTNIK_SANITIZE "address,undefined" CACHE STRING "")
set(VESTNIK_FUZZ ON CACHE BOOL "")
