# finish.cmake: run by CPack on the staged files before it packs them. A Debian package has a copyright file
# in a form of its own, its changelog compressed, and no second copy of the license.
if(NOT CPACK_GENERATOR STREQUAL "DEB")
  return()
endif()
file(GLOB docs "${CPACK_TEMPORARY_DIRECTORY}/usr/share/doc/nnmpi")
if(NOT docs)
  message(FATAL_ERROR "A Debian package holds what is installed below /usr: see the preset package")
endif()
file(REMOVE "${docs}/LICENSE")
file(COPY "${CMAKE_CURRENT_LIST_DIR}/copyright" DESTINATION "${docs}")
string(TIMESTAMP date "%a, %d %b %Y %H:%M:%S +0000" UTC)
file(WRITE "${docs}/changelog.Debian"
"nnmpi (${CPACK_PACKAGE_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE}) unstable; urgency=medium

  * What has changed stands in changelog.gz.

 -- ${CPACK_PACKAGE_CONTACT}  ${date}
")
file(RENAME "${docs}/CHANGELOG.md" "${docs}/changelog")
execute_process(COMMAND gzip -9 -n "${docs}/changelog" "${docs}/changelog.Debian"
                COMMAND_ERROR_IS_FATAL ANY)
# What dpkg-shlibdeps writes down for OpenBLAS: any build of it will do, and the OpenMP one is the first choice.
file(WRITE "${CPACK_TEMPORARY_DIRECTORY}/debian/shlibs.local"
     "libopenblas 0 libopenblas0-openmp | libopenblas0\n")
