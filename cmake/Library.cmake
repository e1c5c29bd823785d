# kontena_library(NAME SOURCES file... LINK target...): one static library per folder.
function(kontena_library name)
  cmake_parse_arguments(arg "" "" "SOURCES;LINK" ${ARGN})
  add_library(${name} STATIC ${arg_SOURCES})
  target_link_libraries(${name} PUBLIC kontena_flags ${arg_LINK})
endfunction()

# kontena_program(NAME SOURCES file... LINK target...)
function(kontena_program name)
  cmake_parse_arguments(arg "" "" "SOURCES;LINK" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE kontena_flags ${arg_LINK})
endfunction()

# kontena_test(NAME LABEL label SOURCES file... LINK target...): one executable and one CTest entry.
function(kontena_test name)
  cmake_parse_arguments(arg "" "LABEL" "SOURCES;LINK" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE kontena_flags ${arg_LINK} GTest::gtest GTest::gmock GTest::gtest_main)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  add_test(NAME ${name} COMMAND ${name} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  set_tests_properties(${name} PROPERTIES LABELS ${arg_LABEL} TIMEOUT 300)
endfunction()

# kontena_fuzz(NAME SOURCES file... LINK target...): one libFuzzer target, built by the preset `fuzz` only. Seeds come
# from folders on its command line, and new inputs go to the first of them:
#   build/fuzz/fuzz/NAME -max_total_time=180 my_corpus tests/data/fuzz/NAME
function(kontena_fuzz name)
  cmake_parse_arguments(arg "" "" "SOURCES;LINK" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE kontena_flags ${arg_LINK})
  target_link_options(${name} PRIVATE -fsanitize=fuzzer)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/fuzz)
  add_dependencies(fuzz ${name})
endfunction()
