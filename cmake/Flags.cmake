# One interface target carries the flags that every target of the house is compiled with.
add_library(kontena_flags INTERFACE)

target_include_directories(kontena_flags INTERFACE ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR})
target_compile_definitions(kontena_flags INTERFACE KONTENA_VERSION="${PROJECT_VERSION}")
target_compile_options(kontena_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast -Wnon-virtual-dtor
  -Woverloaded-virtual -Wformat=2 -Wimplicit-fallthrough -Wsuggest-override -Werror
  -Wno-missing-designated-field-initializers) # members without one have defaults
target_link_options(kontena_flags INTERFACE -fuse-ld=lld)

set(KONTENA_SANITIZE "" CACHE STRING "Sanitizers, as for -fsanitize=")
if(KONTENA_SANITIZE)
  target_compile_options(kontena_flags INTERFACE -fsanitize=${KONTENA_SANITIZE} -fno-omit-frame-pointer)
  target_link_options(kontena_flags INTERFACE -fsanitize=${KONTENA_SANITIZE})
endif()

option(KONTENA_FUZZ "Instrument for libFuzzer and build what tests/fuzz has" OFF)
if(KONTENA_FUZZ)
  target_compile_options(kontena_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()

option(KONTENA_COVERAGE "Instrument for coverage" OFF)
if(KONTENA_COVERAGE)
  target_compile_options(kontena_flags INTERFACE --coverage)
  target_link_options(kontena_flags INTERFACE --coverage)
endif()

# A translation unit that instantiates Beast takes about 2 GB: at most one of them compiles at a time.
set_property(GLOBAL PROPERTY JOB_POOLS heavy=1)
