# One GoogleTest program a room, out of tests/unit/<room>/*_test.cpp, linked against that room only; and one for
# each folder of tests that need several rooms. ctest runs the programs; scripts/test.sh counts their tests.

find_package(GTest REQUIRED)
find_package(rapidcheck REQUIRED)

function(deskhouse_test_program name folder room)
  file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/${folder}/*_test.cpp")
  if(NOT sources)
    return()
  endif()
  add_executable(${name} ${sources})
  target_link_libraries(${name} PRIVATE ${room} GTest::gmock GTest::gtest GTest::gtest_main rapidcheck)
  # The checkout, for tests that read its examples and data; tests may also include each other's helpers.
  target_compile_definitions(${name} PRIVATE DESKHOUSE_REPO="${CMAKE_SOURCE_DIR}")
  target_include_directories(${name} PRIVATE "${CMAKE_SOURCE_DIR}/tests")
  add_test(NAME ${name} COMMAND ${name} WORKING_DIRECTORY "${CMAKE_SOURCE_DIR}")
  set_tests_properties(${name} PROPERTIES TIMEOUT 600)
endfunction()

get_property(rooms GLOBAL PROPERTY DESKHOUSE_ROOMS)
foreach(room IN LISTS rooms)
  deskhouse_test_program(unit_${room} tests/unit/${room} deskhouse_${room})
endforeach()
# Its tests speak to servers by themselves.
target_link_libraries(unit_sources PRIVATE deskhouse::postgresql deskhouse::mysql deskhouse::http)
foreach(suite conformance properties simulation regressions)
  deskhouse_test_program(${suite} tests/${suite} deskhouse_app)
endforeach()
# Hundreds of seeds, thousands in the soak: it begins first.
set_tests_properties(simulation PROPERTIES TIMEOUT 7200 COST 1000)

# Loaded before the C library of a process that a test runs.
add_library(slow_disk SHARED tests/stream/slow_disk.cpp)
target_link_libraries(slow_disk PRIVATE deskhouse_options)
