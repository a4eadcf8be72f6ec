# What `cmake --install` puts where, in GNU's directories; the library and its headers have rules of their
# own. All of it works from any prefix, and nothing of it names this source tree. cmake/Package.cmake makes
# packages of the same files.
set(NN_DATADIR "${CMAKE_INSTALL_DATADIR}/nnmpi")

install(TARGETS nnmpi)
install(FILES README.md LICENSE CHANGELOG.md CITATION.cff TYPE DOC)
install(DIRECTORY docs/ TYPE DOC
        FILES_MATCHING PATTERN "*.md" PATTERN "*.svg" PATTERN "*.png" PATTERN "*.csv" PATTERN "*.gp"
        PATTERN man EXCLUDE)
install(DIRECTORY datasets DESTINATION "${NN_DATADIR}" USE_SOURCE_PERMISSIONS
        FILES_MATCHING PATTERN "*.md" PATTERN "*.yaml" PATTERN "digits.h5" PATTERN "penguins.csv"
                       PATTERN "*.sh" PATTERN "*.awk")
file(GLOB slurm_scripts CONFIGURE_DEPENDS slurm/*.sbatch)
install(FILES slurm/README.md DESTINATION "${NN_DATADIR}/slurm")
install(PROGRAMS ${slurm_scripts} DESTINATION "${NN_DATADIR}/slurm")
install(FILES packaging/bash/nnmpi DESTINATION "${CMAKE_INSTALL_DATADIR}/bash-completion/completions")
install(FILES packaging/modulefiles/nnmpi DESTINATION "${NN_DATADIR}/modulefiles/nnmpi"
        RENAME "${PROJECT_VERSION}")

# Libraries that stand where the loader does not look, as OpenBLAS's OpenMP build on Debian, are found from
# the installed program as from the one that was built. (A distribution's own package turns this off,
# see the preset package.)
foreach(target IN ITEMS nnmpi nnmpi_shared)
  if(TARGET ${target})
    set_target_properties(${target} PROPERTIES INSTALL_RPATH_USE_LINK_PATH ON)
  endif()
endforeach()

# Man pages of all commands, made of their --help; the program must run here for that.
find_program(NNMPI_AWK awk)
mark_as_advanced(NNMPI_AWK)
if(NNMPI_AWK AND (NOT CMAKE_CROSSCOMPILING OR CMAKE_CROSSCOMPILING_EMULATOR))
  set(man "${PROJECT_BINARY_DIR}/man")
  file(GLOB man_sources CONFIGURE_DEPENDS docs/man/*)
  string(TIMESTAMP today "%Y-%m-%d" UTC) # or SOURCE_DATE_EPOCH
  add_custom_command(
    OUTPUT "${man}/made"
    COMMAND sh "${PROJECT_SOURCE_DIR}/docs/man/make.sh" $<TARGET_FILE:nnmpi> ${PROJECT_VERSION} ${today}
            "${CMAKE_INSTALL_FULL_DATADIR}/nnmpi" "${CMAKE_INSTALL_FULL_DOCDIR}" "${man}"
    COMMAND ${CMAKE_COMMAND} -E touch "${man}/made"
    DEPENDS nnmpi ${man_sources} VERBATIM COMMENT "Making the man pages")
  add_custom_target(man ALL DEPENDS "${man}/made")
  install(DIRECTORY "${man}/" DESTINATION "${CMAKE_INSTALL_MANDIR}/man1"
          FILES_MATCHING PATTERN "*.1" PATTERN "*.1.gz")
else()
  message(STATUS "No man pages: they need awk, and the program to run on this machine")
endif()
