# Preset for `deploy/build tsan`: ThreadSanitizer.
set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "")
set(VESTNIK_SANITIZE "thread" CACHE STRING "")
