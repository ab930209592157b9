# Preset for `deploy/build debug`: no optimisation, all assertions.
set(CMAKE_BUILD_TYPE Debug CACHE STRING "")
