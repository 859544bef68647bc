# deskhouse_embed(<target> <folder>...): puts the .sql and .toml files under the folders into the library, so that
# the binary runs without the checkout. src/models/embedded.h declares what the generated file defines.
function(deskhouse_embed target)
  set(patterns)
  foreach(folder IN LISTS ARGN)
    list(APPEND patterns "${CMAKE_SOURCE_DIR}/${folder}/*.sql" "${CMAKE_SOURCE_DIR}/${folder}/*.toml")
  endforeach()
  # CONFIGURE_DEPENDS sees added and removed files, DEPENDS changed ones.
  file(GLOB_RECURSE files CONFIGURE_DEPENDS RELATIVE "${CMAKE_SOURCE_DIR}" ${patterns})
  list(SORT files)
  set(names "${CMAKE_BINARY_DIR}/embedded_files.txt")
  set(output "${CMAKE_BINARY_DIR}/embedded_files.cpp")
  list(JOIN files "\n" lines)
  file(CONFIGURE OUTPUT "${names}" CONTENT "${lines}" @ONLY)  # rewritten only if the list has changed
  list(TRANSFORM files PREPEND "${CMAKE_SOURCE_DIR}/" OUTPUT_VARIABLE paths)
  set(script "${CMAKE_SOURCE_DIR}/cmake/EmbedFiles.cmake")
  add_custom_command(OUTPUT "${output}"
    COMMAND "${CMAKE_COMMAND}" -D "ROOT=${CMAKE_SOURCE_DIR}" -D "NAMES=${names}" -D "OUTPUT=${output}" -P "${script}"
    DEPENDS "${names}" "${script}" ${paths}
    COMMENT "Embedding the SQL of ${ARGN}"
    VERBATIM)
  target_sources(${target} PRIVATE "${output}")
endfunction()
