# Preset for `deploy/build release`: what packages and ./deploy/quickstart build.
set(CMAKE_BUILD_TYPE Release CACHE STRING "")
# Most of the time goes into the library headers: several files at a time share them, which halves the build.
# Names of a file's own are therefore unique within a library. `debug` builds each file alone.
set(CMAKE_UNITY_BUILD ON CACHE BOOL "")
set(CMAKE_UNITY_BUILD_BATCH_SIZE 6 CACHE STRING "")
