# Language, warnings, sanitizers, and the tools that make builds fast where they are installed.

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_COLOR_DIAGNOSTICS ON)
set(CMAKE_CXX_FLAGS_RELEASE "-O2")
set(CMAKE_CXX_FLAGS_DEBUG "-O1 -g -D_GLIBCXX_ASSERTIONS")
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()

set(DESKHOUSE_SANITIZE "" CACHE STRING "Sanitizers for g++'s -fsanitize=, for example address,undefined")

# What every target of ours is compiled with.
add_library(deskhouse_options INTERFACE)
target_include_directories(deskhouse_options INTERFACE "${CMAKE_SOURCE_DIR}/src")
target_compile_options(deskhouse_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror
  -Wno-sign-conversion -Wno-missing-field-initializers
  # g++ 12 reports overlapping copies inside std::string's operator+ that are not there (GCC bug 105651).
  -Wno-restrict
  # Messages of failed assertions name src/..., not the folder of whoever built the binary.
  "-fmacro-prefix-map=${CMAKE_SOURCE_DIR}/=")

if(DESKHOUSE_SANITIZE)
  # The sanitizers' own instrumentation makes g++ 12 see uninitialized values that are not there.
  add_compile_options(-fsanitize=${DESKHOUSE_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer
                      -Wno-maybe-uninitialized)
  add_link_options(-fsanitize=${DESKHOUSE_SANITIZE})
endif()

find_program(DESKHOUSE_CCACHE ccache)
if(DESKHOUSE_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${DESKHOUSE_CCACHE}")
endif()

find_program(DESKHOUSE_MOLD mold)
if(DESKHOUSE_MOLD)
  add_link_options(-fuse-ld=mold)
endif()
# A library that a binary does not use must not cost it start-up time.
add_link_options(-Wl,--as-needed)
