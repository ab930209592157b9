# Compiler and linker flags shared by every target, gathered in the interface library vestnik_flags.
add_library(vestnik_flags INTERFACE)
target_include_directories(vestnik_flags INTERFACE "${CMAKE_SOURCE_DIR}")
target_compile_options(vestnik_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor -Wold-style-cast
  -Wimplicit-fallthrough -Werror -fno-omit-frame-pointer)
# Debug information that the profilers of Debian 12 can read (valgrind 3.19 knows DWARF 4).
target_compile_options(vestnik_flags INTERFACE -g1 -gdwarf-4)
if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  target_compile_options(vestnik_flags INTERFACE -Wno-c++26-extensions -fpch-instantiate-templates "SHELL:-Xclang -fno-pch-timestamp")
endif()
if(CMAKE_BUILD_TYPE STREQUAL "Release")
  target_compile_options(vestnik_flags INTERFACE -fstack-protector-strong)
  target_compile_definitions(vestnik_flags INTERFACE _FORTIFY_SOURCE=2)
endif()

find_program(VESTNIK_LLD NAMES ld.lld-19 ld.lld)
if(VESTNIK_LLD AND CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  target_link_options(vestnik_flags INTERFACE "-fuse-ld=lld")
endif()
target_link_options(vestnik_flags INTERFACE -Wl,-z,relro,-z,now)

if(VESTNIK_SANITIZE)
  target_compile_options(vestnik_flags INTERFACE "-fsanitize=${VESTNIK_SANITIZE}" -fno-sanitize-recover=all)
  target_link_options(vestnik_flags INTERFACE "-fsanitize=${VESTNIK_SANITIZE}")
endif()
if(VESTNIK_FUZZ)
  target_compile_options(vestnik_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
