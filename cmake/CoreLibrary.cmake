# libdeskhouse_core.so: the rooms up to staging, and the decoder of events, behind a C ABI (src/capi/deskhouse_core.h), for executors of a cluster.
#
# They are compiled once more for it: position-independent, with every symbol hidden but those of the header, so that
# what a process has beside it (Arrow, another zlib) is not mixed up with it. What speaks to servers is left out, and with
# it the libraries of their clients: a node of a cluster needs zlib, zstd, ISA-L, fmt and simdjson.
file(GLOB core_sources CONFIGURE_DEPENDS
  "${CMAKE_SOURCE_DIR}/src/base/*.cpp" "${CMAKE_SOURCE_DIR}/src/schema/*.cpp" "${CMAKE_SOURCE_DIR}/src/core/*.cpp"
  "${CMAKE_SOURCE_DIR}/src/config/*.cpp" "${CMAKE_SOURCE_DIR}/src/staging/*.cpp" "${CMAKE_SOURCE_DIR}/src/capi/*.cpp")
foreach(name source byte_stream csv csv_tokenizer encoding file_list file_reader files gzip json_paths json_record jsonl
             parquet scan text_window)
  list(APPEND core_sources "${CMAKE_SOURCE_DIR}/src/sources/${name}.cpp")
endforeach()
foreach(name decoder document fingerprint)
  list(APPEND core_sources "${CMAKE_SOURCE_DIR}/src/events/${name}.cpp")
endforeach()

add_library(deskhouse_core_library SHARED ${core_sources})
target_link_libraries(deskhouse_core_library PRIVATE deskhouse_options
  fmt::fmt simdjson::simdjson ZLIB::ZLIB deskhouse::gzip deskhouse::zstd)
set_target_properties(deskhouse_core_library PROPERTIES OUTPUT_NAME deskhouse_core
  SKIP_BUILD_RPATH ON CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON
  LINK_DEPENDS "${CMAKE_SOURCE_DIR}/cmake/core_library.map")
target_link_options(deskhouse_core_library PRIVATE
  "-Wl,--version-script=${CMAKE_SOURCE_DIR}/cmake/core_library.map" -Wl,--no-undefined)

# The jobs lie beside the binary, as they do where it is installed: `deskhouse run --engine spark` submits them.
file(GLOB spark_jobs CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/spark/*.py")
foreach(job IN LISTS spark_jobs)
  get_filename_component(name "${job}" NAME)
  set(copy "${CMAKE_BINARY_DIR}/spark/${name}")
  add_custom_command(OUTPUT "${copy}" COMMAND "${CMAKE_COMMAND}" -E copy "${job}" "${copy}" DEPENDS "${job}" VERBATIM)
  list(APPEND spark_copies "${copy}")
endforeach()
add_custom_target(deskhouse_spark_jobs ALL DEPENDS ${spark_copies})
