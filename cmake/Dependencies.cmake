# Third-party libraries. scripts/bootstrap.sh installs them; each is used only by the rooms that name it.

find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(simdjson REQUIRED)
find_package(ZLIB REQUIRED)

# deskhouse_library(<target> <library>...): libraries without a CMake package of their own.
function(deskhouse_library target)
  add_library(${target} INTERFACE IMPORTED)
  foreach(library IN LISTS ARGN)
    string(MAKE_C_IDENTIFIER "DESKHOUSE_LIB_${library}" found)
    find_library(${found} ${library} REQUIRED)
    target_link_libraries(${target} INTERFACE "${${found}}")
  endforeach()
endfunction()

deskhouse_library(deskhouse::zstd zstd)
deskhouse_library(deskhouse::gzip isal)
deskhouse_library(deskhouse::postgresql pq)
deskhouse_library(deskhouse::mysql mariadb)
deskhouse_library(deskhouse::http curl)
deskhouse_library(deskhouse::crypto crypto)
deskhouse_library(deskhouse::tls ssl)
deskhouse_library(deskhouse::kafka rdkafka)

# DuckDB is the library of one exact version (extensions load into no other). DUCKDB_ROOT holds libduckdb.so and
# duckdb.h.
if(DEFINED ENV{DUCKDB_ROOT} AND NOT DEFINED DUCKDB_ROOT)
  set(DUCKDB_ROOT "$ENV{DUCKDB_ROOT}")
endif()
set(DUCKDB_ROOT "${CMAKE_SOURCE_DIR}/.deps/duckdb" CACHE PATH "Folder with libduckdb.so and duckdb.h")
foreach(part libduckdb.so duckdb.h)
  if(NOT EXISTS "${DUCKDB_ROOT}/${part}")
    message(FATAL_ERROR "${part} is not in ${DUCKDB_ROOT}: run scripts/bootstrap.sh, or set DUCKDB_ROOT "
                        "to the folder that holds libduckdb.so and duckdb.h.")
  endif()
endforeach()
add_library(duckdb::duckdb SHARED IMPORTED)
set_target_properties(duckdb::duckdb PROPERTIES
  IMPORTED_LOCATION "${DUCKDB_ROOT}/libduckdb.so"
  INTERFACE_INCLUDE_DIRECTORIES "${DUCKDB_ROOT}")

# The binary finds libduckdb.so beside itself (as shipped), in ../lib (as installed), or, as built, in DUCKDB_ROOT
# by a path relative to the binary, so that a checkout can be moved.
file(RELATIVE_PATH DESKHOUSE_DUCKDB_FROM_BUILD "${CMAKE_BINARY_DIR}" "${DUCKDB_ROOT}")
set(CMAKE_BUILD_RPATH "$ORIGIN;$ORIGIN/../lib;$ORIGIN/${DESKHOUSE_DUCKDB_FROM_BUILD}")
