# deskhouse_room(<name> [ROOMS <room>...] [LINK <library>...])
#
# The room's static library deskhouse_<name>. ROOMS are visible to those who use the room (its headers include
# theirs), LINK libraries are not: their headers stay inside. A folder without a .cpp is a library of headers.
function(deskhouse_room name)
  cmake_parse_arguments(PARSE_ARGV 1 room "" "" "ROOMS;LINK")
  file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/src/${name}/*.cpp")
  list(FILTER sources EXCLUDE REGEX "/main\\.cpp$")
  list(TRANSFORM room_ROOMS PREPEND deskhouse_)
  set(target deskhouse_${name})
  # The embedded SQL is generated into models, which is thus never without a source.
  if(sources OR name STREQUAL "models")
    add_library(${target} STATIC ${sources})
    target_link_libraries(${target} PUBLIC deskhouse_options Threads::Threads ${room_ROOMS} PRIVATE ${room_LINK})
  else()
    add_library(${target} INTERFACE)
    target_link_libraries(${target} INTERFACE deskhouse_options ${room_ROOMS} ${room_LINK})
  endif()
  set_property(GLOBAL APPEND PROPERTY DESKHOUSE_ROOMS ${name})
endfunction()
