# Finds the libraries that bring no CMake package everywhere, and gives each a target:
# nnmpi::hdf5, nnmpi::blas, nnmpi::yaml, nnmpi::jansson, nnmpi::xxhash; and, of what `nnmpi import` can do
# without, nnmpi::png, nnmpi::jpeg, nnmpi::zip, which are empty where the library is missing.
find_package(PkgConfig REQUIRED)
pkg_check_modules(YAML REQUIRED IMPORTED_TARGET yaml-0.1)
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson)
pkg_check_modules(XXHASH REQUIRED IMPORTED_TARGET libxxhash)
add_library(nnmpi::yaml ALIAS PkgConfig::YAML)
add_library(nnmpi::jansson ALIAS PkgConfig::JANSSON)
add_library(nnmpi::xxhash ALIAS PkgConfig::XXHASH)

set(what_png "PNG images")
set(what_jpeg "JPEG images")
set(what_zip ".npz files")
foreach(library IN ITEMS png jpeg zip)
  string(TOUPPER ${library} upper)
  option(NNMPI_${upper} "Import ${what_${library}}, where lib${library} is found" ON)
  if(NNMPI_${upper})
    pkg_check_modules(${upper} IMPORTED_TARGET lib${library})
  endif()
  add_library(nnmpi_${library} INTERFACE)
  if(NNMPI_${upper} AND ${upper}_FOUND)
    target_link_libraries(nnmpi_${library} INTERFACE PkgConfig::${upper})
    target_compile_definitions(nnmpi_${library} INTERFACE NN_HAS_${upper})
  else()
    message(STATUS "Without lib${library}: nnmpi import will not read ${what_${library}}")
  endif()
  add_library(nnmpi::${library} ALIAS nnmpi_${library})
endforeach()

find_package(HDF5 1.10 REQUIRED COMPONENTS C)
add_library(nnmpi_hdf5 INTERFACE)
target_include_directories(nnmpi_hdf5 SYSTEM INTERFACE ${HDF5_INCLUDE_DIRS})
target_link_libraries(nnmpi_hdf5 INTERFACE ${HDF5_C_LIBRARIES})
if(HDF5_IS_PARALLEL) # its hdf5.h includes mpi.h
  target_link_libraries(nnmpi_hdf5 INTERFACE MPI::MPI_C)
endif()
add_library(nnmpi::hdf5 ALIAS nnmpi_hdf5)

# OpenBLAS's OpenMP build: nnmpi's own threads call it on their tiles, and kernels/team.c keeps it from
# starting threads besides. The pthread build does as well. The serial build locks nothing: two threads
# that call it at once get the same buffer now and then, and wrong products (kernels/blas.c).
set(NNMPI_BLAS "" CACHE FILEPATH "The CBLAS library; empty: look for OpenBLAS's OpenMP build first")
find_path(NNMPI_CBLAS_INCLUDE cblas.h PATH_SUFFIXES x86_64-linux-gnu/openblas-openmp
          aarch64-linux-gnu/openblas-openmp openblas-openmp openblas REQUIRED)
if(NNMPI_BLAS)
  set(NNMPI_CBLAS_LIBRARY "${NNMPI_BLAS}")
else()
  # Fedora and RHEL call that build libopenblaso, and the serial one libopenblas.
  find_library(NNMPI_CBLAS_LIBRARY NAMES openblaso openblas PATH_SUFFIXES openblas-openmp openblas-pthread
               REQUIRED)
endif()
add_library(nnmpi_blas INTERFACE)
target_include_directories(nnmpi_blas SYSTEM INTERFACE "${NNMPI_CBLAS_INCLUDE}")
target_link_libraries(nnmpi_blas INTERFACE "${NNMPI_CBLAS_LIBRARY}")
add_library(nnmpi::blas ALIAS nnmpi_blas)
message(STATUS "CBLAS: ${NNMPI_CBLAS_LIBRARY}")

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Libraries DEFAULT_MSG NNMPI_CBLAS_LIBRARY NNMPI_CBLAS_INCLUDE)
