# One GoogleTest program a room, out of tests/unit/<room>/*_test.cpp, linked against that room only; and one for
# each folder of tests that need several rooms. ctest runs the programs; scripts/test.sh counts their tests.

find_package(GTest REQUIRED)
find_package(rapidcheck REQUIRED)

function(deskhouse_test_program name folder room)
  cmake_parse_arguments(PARSE_ARGV 3 program "" "SHARDS" "")
  file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/${folder}/*_test.cpp")
  if(NOT sources)
    return()
  endif()
  add_executable(${name} ${sources})
  target_link_libraries(${name} PRIVATE ${room} GTest::gmock GTest::gtest GTest::gtest_main rapidcheck)
  # The checkout, for tests that read its examples and data; tests may also include each other's helpers.
  target_compile_definitions(${name} PRIVATE DESKHOUSE_REPO="${CMAKE_SOURCE_DIR}")
  target_include_directories(${name} PRIVATE "${CMAKE_SOURCE_DIR}/tests")
  if(NOT program_SHARDS)
    add_test(NAME ${name} COMMAND ${name} WORKING_DIRECTORY "${CMAKE_SOURCE_DIR}")
    set_tests_properties(${name} PROPERTIES TIMEOUT 600)
    return()
  endif()
  foreach(shard RANGE 1 ${program_SHARDS})
    math(EXPR index "${shard} - 1")
    add_test(NAME ${name}_${shard} COMMAND ${name} WORKING_DIRECTORY "${CMAKE_SOURCE_DIR}")
    set(report "json:${CMAKE_BINARY_DIR}/test-results/gtest/${name}_${shard}.json")
    set_tests_properties(${name}_${shard} PROPERTIES TIMEOUT 7200 COST 1000
      ENVIRONMENT "GTEST_TOTAL_SHARDS=${program_SHARDS};GTEST_SHARD_INDEX=${index};GTEST_OUTPUT=${report}")
  endforeach()
endfunction()

get_property(rooms GLOBAL PROPERTY DESKHOUSE_ROOMS)
foreach(room IN LISTS rooms)
  deskhouse_test_program(unit_${room} tests/unit/${room} deskhouse_${room})
endforeach()
# Its tests speak to servers by themselves.
target_link_libraries(unit_sources PRIVATE deskhouse::postgresql deskhouse::mysql deskhouse::http)
foreach(suite conformance properties regressions)
  deskhouse_test_program(${suite} tests/${suite} deskhouse_app)
endforeach()
# Hundreds of seeds, thousands in the soak: longer than all others together, so it begins first, and in two halves.
# scripts/test_totals.py looks for the report of each under its own name.
deskhouse_test_program(simulation tests/simulation deskhouse_app SHARDS 2)

# Loaded before the C library of a process that a test runs.
add_library(slow_disk SHARED tests/stream/slow_disk.cpp)
target_link_libraries(slow_disk PRIVATE deskhouse_options)
