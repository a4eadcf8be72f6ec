# Packages by CPack: `cmake --build build-package --target package` of the preset package makes a Debian
# package, `cpack -G TGZ` an archive of what is installed, and `--target package_source` one of the
# sources. packaging/debian/finish.cmake adds what a Debian package alone has.
set(NNMPI_CONTACT "The nnmpi maintainers <maintainers@nnmpi.invalid>" CACHE STRING
    "Whom a package names as its maintainer; whoever distributes one puts an address here")
mark_as_advanced(NNMPI_CONTACT)

set(CPACK_PACKAGE_NAME nnmpi)
set(CPACK_PACKAGE_VENDOR "The nnmpi maintainers")
set(CPACK_PACKAGE_CONTACT "${NNMPI_CONTACT}")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "data-parallel training of neural networks on CPU clusters")
set(CPACK_PACKAGE_DESCRIPTION
"nnmpi trains neural networks on CPU clusters with MPI and OpenMP. A YAML file
in Keras's vocabulary says what to train, mpirun starts as many ranks as there
are cores, and the HDF5 file that comes out opens in Keras.
.
It resumes on any number of ranks, gives the same result on any number of them
within rounding or to the bit, and knows Slurm's signals and time limits.")
set(CPACK_RESOURCE_FILE_LICENSE "${PROJECT_SOURCE_DIR}/LICENSE")
set(CPACK_STRIP_FILES ON)
set(CPACK_VERBATIM_VARIABLES ON)
if(NOT CPACK_GENERATOR)
  find_program(NNMPI_DPKG_DEB dpkg-deb)
  mark_as_advanced(NNMPI_DPKG_DEB)
  set(CPACK_GENERATOR TGZ)
  if(NNMPI_DPKG_DEB)
    set(CPACK_GENERATOR DEB)
  endif()
endif()

set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
file(WRITE "${PROJECT_BINARY_DIR}/packages/shlibs"
     "libnnmpi ${NN_SOVERSION} nnmpi (>= ${PROJECT_VERSION})\n")
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA "${PROJECT_SOURCE_DIR}/packaging/debian/triggers"
    "${PROJECT_BINARY_DIR}/packages/shlibs")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "openmpi-bin, gnuplot-nox | gnuplot")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "python3-h5py, slurm-client")
set(CPACK_PRE_BUILD_SCRIPTS "${PROJECT_SOURCE_DIR}/packaging/debian/finish.cmake")

set(CPACK_SOURCE_GENERATOR TGZ)
set(CPACK_SOURCE_IGNORE_FILES "/\\.git/" "/build[^/]*/" "/runs/" "/__pycache__/"
    "/datasets/mnist/.*(\\.h5|ubyte.*)$" "/datasets/(square|mean2|xor|binary8)/.*\\.h5$")
include(CPack)
