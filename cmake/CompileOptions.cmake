# nn_options: how every source of nnmpi is compiled.
include(CheckCCompilerFlag)
add_library(nn_options INTERFACE)
target_compile_definitions(nn_options INTERFACE _POSIX_C_SOURCE=200809L _DEFAULT_SOURCE
                                                NNMPI_VERSION="${PROJECT_VERSION}")
# -fno-math-errno and -fno-trapping-math let loops with sqrt and comparisons become vector code;
# unlike -ffast-math they change no result.
target_compile_options(nn_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wwrite-strings
  -Wvla -fno-math-errno -fno-trapping-math)
target_link_libraries(nn_options INTERFACE m)

if(NNMPI_WERROR)
  target_compile_options(nn_options INTERFACE -Werror)
endif()
if(NNMPI_MARCH)
  check_c_compiler_flag("-march=${NNMPI_MARCH}" NNMPI_MARCH_WORKS)
  if(NNMPI_MARCH_WORKS)
    target_compile_options(nn_options INTERFACE "-march=${NNMPI_MARCH}")
  elseif(NOT NNMPI_MARCH STREQUAL "native")
    message(FATAL_ERROR "The compiler does not know -march=${NNMPI_MARCH}")
  endif()
endif()
if(NNMPI_SANITIZE)
  add_compile_options("-fsanitize=${NNMPI_SANITIZE}" -fno-omit-frame-pointer
                      -fno-sanitize-recover=undefined)
  add_link_options("-fsanitize=${NNMPI_SANITIZE}")
endif()
