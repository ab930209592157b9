# Preset for `deploy/build release`: what packages and ./deploy/quickstart build.
set(CMAKE_BUILD_TYPE Release CACHE STRING "")
