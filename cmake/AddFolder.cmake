# nn_add_folder(NAME LINKS folder... PRIVATE library... [TWIN])
#
# Makes the static library nn_NAME of the sources in src/NAME. It sees the headers of the folders
# that it links and no others: a library's own packages (MPI, HDF5, BLAS) stay private to it.
# TWIN makes a second one, nn_NAME_double, with NN_DOUBLE defined (src/util/real.h), for the tests
# that compare gradients with central differences; it is built only where a test asks for it.
function(nn_add_folder name)
  cmake_parse_arguments(arg "TWIN" "" "LINKS;PRIVATE" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/src/${name}/*.c")
  set(variants nn_${name})
  if(arg_TWIN)
    list(APPEND variants nn_${name}_double)
  endif()
  foreach(library IN LISTS variants)
    add_library(${library} STATIC ${sources})
    target_include_directories(${library} PUBLIC "${PROJECT_SOURCE_DIR}/src"
                                                 "${PROJECT_SOURCE_DIR}/include")
    target_link_libraries(${library} PRIVATE nn_options ${arg_PRIVATE})
    # The library is made of the same objects (cmake/Library.cmake); the executable loses nothing by it.
    set_target_properties(${library} PROPERTIES POSITION_INDEPENDENT_CODE ON C_VISIBILITY_PRESET hidden)
    foreach(link IN LISTS arg_LINKS)
      if(library MATCHES "_double$" AND TARGET nn_${link}_double)
        target_link_libraries(${library} PUBLIC nn_${link}_double)
      else()
        target_link_libraries(${library} PUBLIC nn_${link})
      endif()
    endforeach()
    if(library MATCHES "_double$")
      target_compile_definitions(${library} PUBLIC NN_DOUBLE)
      set_target_properties(${library} PROPERTIES EXCLUDE_FROM_ALL ON)
    endif()
  endforeach()
endfunction()
