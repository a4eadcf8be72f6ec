# How tests are registered. Every test has a TIMEOUT (a hang is a failure), LABELS, a working
# directory of its own, and the environment below, so that mpirun works as root and with more ranks
# than cores.
#
#   nn_add_test(NAME name SOURCES file.c... [LINKS nn_x...] [NP k...] [THREADS t] [TIMEOUT seconds]
#               [LABELS label...] [ARGS arg...])
#   nn_add_script_test(NAME name SCRIPT file.sh [ARGS arg...] [NP k] [TIMEOUT seconds]
#                      [LABELS label...] [SKIP code])
#   nn_add_test_folder(folder [LINKS nn_x...] [NP k...] [TIMEOUT seconds])
#
# With NP, one test per number of ranks, NAME.npK. A script gets NNMPI (the executable), SOURCE_DIR,
# TOOLS (the folder of the programs of tests/tools) and MPIRUN in its environment. Exit code 77 (a script's
# SKIP) means that the test, or a part of it, could not run here.
# nn_add_test_folder() registers every test_*.c of the folder as FOLDER.NAME, and every *.sh whose
# name does not begin with _ and is not lib.sh. A source overrides what it gets by a line such as
#   test: NP 2 TIMEOUT 120 LABELS sanitize
# in its opening comment; its labels are added to the folder's name.

set(NN_TEST_ENVIRONMENT
    SOURCE_DIR=${PROJECT_SOURCE_DIR}
    TOOLS=${PROJECT_BINARY_DIR}/tests/tools
    "MPIRUN=${MPIEXEC_EXECUTABLE}"
    OMPI_ALLOW_RUN_AS_ROOT=1
    OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
    OMPI_MCA_rmaps_base_oversubscribe=1 # as --oversubscribe
    OMPI_MCA_hwloc_base_binding_policy=none # as --bind-to none
    OMPI_MCA_mpi_yield_when_idle=1
    OMP_WAIT_POLICY=passive # there may be far more threads than cores
    OMPI_MCA_btl_vader_single_copy_mechanism=none # containers often forbid it
    PRTE_MCA_rmaps_default_mapping_policy=:oversubscribe # Open MPI 5
    PRTE_MCA_hwloc_default_binding_policy=none)
if(NNMPI_SANITIZE MATCHES "address")
  # The first option finds Open MPI's modules in its leaks' stacks, so that lsan.supp can name them;
  # the second keeps gcc 12's LeakSanitizer from crashing outside of mpirun.
  list(APPEND NN_TEST_ENVIRONMENT
       ASAN_OPTIONS=detect_leaks=1:fast_unwind_on_malloc=0:intercept_tls_get_addr=0
       "LSAN_OPTIONS=suppressions=${PROJECT_SOURCE_DIR}/tests/lsan.supp:print_suppressions=0")
  # Scripts start the program so often that looking for leaks at the end of each would take four times
  # as long as all else: the tests in C, the scripts labelled sanitize and valgrind look for them.
  set(NN_SCRIPT_ENVIRONMENT ASAN_OPTIONS=detect_leaks=0:intercept_tls_get_addr=0)
elseif(NNMPI_SANITIZE MATCHES "thread")
  list(APPEND NN_TEST_ENVIRONMENT
       "TSAN_OPTIONS=suppressions=${PROJECT_SOURCE_DIR}/tests/tsan/tsan.supp:history_size=4")
endif()

# What every test program is linked with beside the folders that it tests.
pkg_check_modules(CMOCKA IMPORTED_TARGET cmocka)
if(CMOCKA_FOUND)
  add_library(nn_testing INTERFACE)
  target_include_directories(nn_testing INTERFACE "${PROJECT_SOURCE_DIR}/tests")
  target_link_libraries(nn_testing INTERFACE nn_options PkgConfig::CMOCKA OpenMP::OpenMP_C
                        MPI::MPI_C nnmpi::hdf5 nnmpi::jansson nnmpi::png nnmpi::jpeg nnmpi::zip ZLIB::ZLIB
                        ${CMAKE_DL_LIBS})
else()
  message(STATUS "cmocka was not found: the tests written in C are left out, the scripts remain")
endif()

# nn_register_test(NAME COMMAND word... PROCESSORS n THREADS t TIMEOUT s LABELS label... [SKIP code])
function(nn_register_test name)
  cmake_parse_arguments(arg "" "PROCESSORS;THREADS;TIMEOUT;SKIP" "COMMAND;LABELS" ${ARGN})
  set(folder "${CMAKE_CURRENT_BINARY_DIR}/run/${name}")
  file(MAKE_DIRECTORY "${folder}")
  add_test(NAME ${name} COMMAND ${arg_COMMAND} WORKING_DIRECTORY "${folder}")
  cmake_path(GET MPIEXEC_EXECUTABLE PARENT_PATH mpi_folder)
  math(EXPR patience "${arg_TIMEOUT} + 5") # mpirun gives up first and takes its ranks with it
  set(environment ${NN_TEST_ENVIRONMENT} NNMPI=$<TARGET_FILE:nnmpi>
      OMP_NUM_THREADS=${arg_THREADS} MPIEXEC_TIMEOUT=${arg_TIMEOUT})
  set_tests_properties(${name} PROPERTIES
    ENVIRONMENT "${environment}" ENVIRONMENT_MODIFICATION "PATH=path_list_prepend:${mpi_folder}"
    TIMEOUT ${patience} LABELS "${arg_LABELS}" PROCESSORS ${arg_PROCESSORS}
    COST ${arg_TIMEOUT}) # of tests that run side by side the long ones begin
  if(arg_SKIP)
    set_tests_properties(${name} PROPERTIES SKIP_RETURN_CODE ${arg_SKIP})
  endif()
endfunction()

function(nn_add_test)
  cmake_parse_arguments(arg "" "NAME;THREADS;TIMEOUT" "SOURCES;LINKS;NP;LABELS;ARGS" ${ARGN})
  if(NOT CMOCKA_FOUND)
    return()
  endif()
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 60)
  endif()
  if(NOT arg_THREADS)
    set(arg_THREADS 1)
  endif()
  string(REPLACE "." "_" target ${arg_NAME})
  add_executable(${target} ${arg_SOURCES})
  target_link_libraries(${target} PRIVATE ${arg_LINKS} nn_testing)
  if(NOT arg_NP)
    nn_register_test(${arg_NAME} COMMAND ${target} ${arg_ARGS} PROCESSORS ${arg_THREADS}
                     THREADS ${arg_THREADS} TIMEOUT ${arg_TIMEOUT} LABELS ${arg_LABELS}
                     SKIP 77)
  endif()
  foreach(size IN LISTS arg_NP)
    math(EXPR processors "${size} * ${arg_THREADS}")
    nn_register_test(${arg_NAME}.np${size}
      COMMAND "${MPIEXEC_EXECUTABLE}" ${MPIEXEC_NUMPROC_FLAG} ${size} $<TARGET_FILE:${target}>
              ${arg_ARGS}
      PROCESSORS ${processors} THREADS ${arg_THREADS} TIMEOUT ${arg_TIMEOUT} LABELS ${arg_LABELS})
  endforeach()
endfunction()

function(nn_add_script_test)
  cmake_parse_arguments(arg "" "NAME;SCRIPT;NP;THREADS;TIMEOUT;SKIP" "ARGS;LABELS" ${ARGN})
  foreach(default IN ITEMS "TIMEOUT 60" "NP 1" "THREADS 1" "SKIP 77")
    separate_arguments(default)
    list(POP_FRONT default key)
    if(NOT arg_${key})
      set(arg_${key} ${default})
    endif()
  endforeach()
  cmake_path(ABSOLUTE_PATH arg_SCRIPT)
  if(NOT "sanitize" IN_LIST arg_LABELS)
    list(APPEND NN_TEST_ENVIRONMENT ${NN_SCRIPT_ENVIRONMENT}) # the last of a variable's values counts
  endif()
  math(EXPR processors "${arg_NP} * ${arg_THREADS}")
  nn_register_test(${arg_NAME} COMMAND bash "${arg_SCRIPT}" ${arg_ARGS} PROCESSORS ${processors}
                   THREADS ${arg_THREADS} TIMEOUT ${arg_TIMEOUT} LABELS ${arg_LABELS}
                   SKIP ${arg_SKIP})
endfunction()

# Reads the line "test: NP 2 TIMEOUT 120" of a source into arg_NP, arg_TIMEOUT... of the caller.
macro(nn_read_test_line file)
  file(STRINGS "${file}" line REGEX "^[ /#*]*test: " LIMIT_COUNT 1)
  string(REGEX REPLACE "^.*test: |\\*/" "" line "${line}")
  separate_arguments(own UNIX_COMMAND "${line}")
  cmake_parse_arguments(own "" "TIMEOUT;THREADS" "NP;LABELS;ARGS" ${own})
  foreach(key IN ITEMS TIMEOUT THREADS NP LABELS ARGS)
    if(own_${key})
      set(arg_${key} ${own_${key}})
    endif()
  endforeach()
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${file}")
endmacro()

function(nn_add_test_folder folder)
  file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/${folder}/test_*.c"
                                      "${CMAKE_CURRENT_SOURCE_DIR}/${folder}/*.sh")
  if(NOT sources)
    message(FATAL_ERROR "tests/${folder} holds no tests")
  endif()
  foreach(source IN LISTS sources)
    cmake_parse_arguments(arg "" "TIMEOUT" "LINKS;NP" ${ARGN})
    set(arg_LABELS "")
    set(arg_ARGS "")
    set(arg_THREADS "")
    nn_read_test_line("${source}")
    cmake_path(GET source STEM name)
    if(source MATCHES "\\.c$")
      string(REGEX REPLACE "^test_" "" name ${name})
      nn_add_test(NAME ${folder}.${name} SOURCES "${source}" LINKS ${arg_LINKS} NP ${arg_NP}
                  THREADS ${arg_THREADS} TIMEOUT ${arg_TIMEOUT} LABELS ${folder} ${arg_LABELS}
                  ARGS ${arg_ARGS})
    elseif(NOT name MATCHES "^_|^lib$")
      nn_add_script_test(NAME ${folder}.${name} SCRIPT "${source}" NP ${arg_NP}
                         THREADS ${arg_THREADS} TIMEOUT ${arg_TIMEOUT}
                         LABELS ${folder} ${arg_LABELS} ARGS ${arg_ARGS})
    endif()
  endforeach()
endfunction()
