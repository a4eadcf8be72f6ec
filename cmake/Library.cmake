# libnnmpi: the library behind include/nnmpi.h, made of the same objects as the executable, and what
# finds it when it is installed: the CMake package nnmpi (targets nnmpi::nnmpi and nnmpi::nnmpi_static)
# and nnmpi.pc. Only what nnmpi.h declares is visible outside of either library.
include(CMakePackageConfigHelpers)

# The interface, and of the folders below it what it needs: no importing, no images.
set(NN_ARCHIVES "")
foreach(folder IN ITEMS train data optim model layers io comm kernels util)
  list(APPEND NN_ARCHIVES $<TARGET_FILE:nn_${folder}>)
  list(APPEND NN_ARCHIVE_TARGETS nn_${folder})
endforeach()

# Until 1.0 functions may change with the minor version.
set(NN_SOVERSION ${PROJECT_VERSION_MAJOR})
if(PROJECT_VERSION_MAJOR EQUAL 0)
  set(NN_SOVERSION 0.${PROJECT_VERSION_MINOR})
endif()

add_library(nnmpi_shared SHARED $<TARGET_OBJECTS:nn_api>)
add_dependencies(nnmpi_shared ${NN_ARCHIVE_TARGETS})
set_target_properties(nnmpi_shared PROPERTIES
  OUTPUT_NAME nnmpi EXPORT_NAME nnmpi LINKER_LANGUAGE C LINK_DEPENDS "${NN_ARCHIVES}"
  VERSION ${PROJECT_VERSION} SOVERSION ${NN_SOVERSION})
target_link_libraries(nnmpi_shared PUBLIC MPI::MPI_C
                      PRIVATE ${NN_ARCHIVES} nnmpi::hdf5 nnmpi::blas nnmpi::yaml nnmpi::jansson
                              nnmpi::xxhash ZLIB::ZLIB OpenMP::OpenMP_C m)
if(NOT NNMPI_SANITIZE) # whose functions are the executable's
  target_link_options(nnmpi_shared PRIVATE LINKER:-z,defs)
endif()

# The static one is a single object in which all hidden names have become local: they cannot meet a
# program's own.
set(NN_LIBRARY_OBJECT "${CMAKE_CURRENT_BINARY_DIR}/nnmpi-all.o")
add_custom_command(
  OUTPUT "${NN_LIBRARY_OBJECT}"
  COMMAND "${CMAKE_LINKER}" -r -o "${NN_LIBRARY_OBJECT}" $<TARGET_OBJECTS:nn_api>
          --start-group ${NN_ARCHIVES} --end-group
  COMMAND "${CMAKE_OBJCOPY}" --localize-hidden "${NN_LIBRARY_OBJECT}"
  DEPENDS $<TARGET_OBJECTS:nn_api> ${NN_ARCHIVES} ${NN_ARCHIVE_TARGETS}
  COMMAND_EXPAND_LISTS VERBATIM
  COMMENT "Joining the objects of libnnmpi.a")
add_library(nnmpi_static STATIC "${NN_LIBRARY_OBJECT}")
set_source_files_properties("${NN_LIBRARY_OBJECT}" PROPERTIES EXTERNAL_OBJECT ON GENERATED ON)
set_target_properties(nnmpi_static PROPERTIES OUTPUT_NAME nnmpi LINKER_LANGUAGE C)

# What a program that is linked with it needs besides, as files: no other package need be found.
set(NN_HDF5_FILES ${HDF5_C_LIBRARIES}) # a shared HDF5 knows by itself what it needs
if(HDF5_C_LIBRARIES MATCHES "libhdf5[a-z_]*\\.so")
  list(FILTER NN_HDF5_FILES INCLUDE REGEX "libhdf5")
endif()
set(NN_STATIC_LIBRARIES ${NN_HDF5_FILES} "${NNMPI_CBLAS_LIBRARY}" ${YAML_LINK_LIBRARIES}
    ${JANSSON_LINK_LIBRARIES} ${XXHASH_LINK_LIBRARIES} ${ZLIB_LIBRARIES} ${OpenMP_C_LIBRARIES} m)
list(REMOVE_DUPLICATES NN_STATIC_LIBRARIES)
target_link_libraries(nnmpi_static PUBLIC MPI::MPI_C INTERFACE ${NN_STATIC_LIBRARIES})

foreach(library IN ITEMS nnmpi_shared nnmpi_static)
  target_include_directories(${library} PUBLIC "$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>"
                                               "$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>")
  # Or mpi.h brings the C++ functions of old MPIs, whose library is not among those of MPI::MPI_C.
  target_compile_definitions(${library} INTERFACE $<$<COMPILE_LANGUAGE:CXX>:OMPI_SKIP_MPICXX=1>
                                                  $<$<COMPILE_LANGUAGE:CXX>:MPICH_SKIP_MPICXX=1>)
endforeach()
add_library(nnmpi::nnmpi ALIAS nnmpi_shared)
add_library(nnmpi::nnmpi_static ALIAS nnmpi_static)

# ---- installing ----

set(NN_CMAKE_FOLDER "${CMAKE_INSTALL_LIBDIR}/cmake/nnmpi")
install(TARGETS nnmpi_shared EXPORT nnmpi
        LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT library NAMELINK_COMPONENT development)
install(TARGETS nnmpi_static EXPORT nnmpi ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
        COMPONENT development)
install(EXPORT nnmpi NAMESPACE nnmpi:: FILE nnmpiTargets.cmake DESTINATION "${NN_CMAKE_FOLDER}"
        COMPONENT development)
configure_package_config_file(cmake/nnmpiConfig.cmake.in nnmpiConfig.cmake
                              INSTALL_DESTINATION "${NN_CMAKE_FOLDER}"
                              PATH_VARS CMAKE_INSTALL_INCLUDEDIR)
write_basic_package_version_file(nnmpiConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES "${CMAKE_CURRENT_BINARY_DIR}/nnmpiConfig.cmake"
              "${CMAKE_CURRENT_BINARY_DIR}/nnmpiConfigVersion.cmake"
        DESTINATION "${NN_CMAKE_FOLDER}" COMPONENT development)
install(FILES include/nnmpi.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT development)
install(DIRECTORY include/nnmpi DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT development)
# A Fortran compiler reads no other's .mod file: the module is installed as source.
install(FILES fortran/nnmpi.f90 DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/nnmpi COMPONENT development)
install(DIRECTORY examples DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT development)

# Relative to nnmpi.pc itself, so that an installed tree can be moved.
file(RELATIVE_PATH NN_PC_PREFIX "${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig" "${CMAKE_INSTALL_PREFIX}")
set(NN_PC_LIBS "")
string(REGEX REPLACE "/$" "" NN_PC_PREFIX "${NN_PC_PREFIX}")
foreach(file IN LISTS NN_HDF5_FILES NNMPI_CBLAS_LIBRARY OpenMP_C_LIBRARIES)
  if(IS_ABSOLUTE "${file}")
    string(APPEND NN_PC_LIBS " ${file}")
  else()
    string(APPEND NN_PC_LIBS " -l${file}")
  endif()
endforeach()
configure_file(cmake/nnmpi.pc.in nnmpi.pc @ONLY)
install(FILES "${CMAKE_CURRENT_BINARY_DIR}/nnmpi.pc"
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT development)
