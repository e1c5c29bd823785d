# kontena_embed(TARGET SYMBOL FILE): makes the text of FILE available as
# `inline constexpr std::string_view SYMBOL` in "embedded/SYMBOL.hpp".
function(kontena_embed target symbol file)
  set(out ${CMAKE_BINARY_DIR}/embedded/${symbol}.hpp)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${file})
  file(READ ${CMAKE_CURRENT_SOURCE_DIR}/${file} text)
  file(CONFIGURE OUTPUT ${out} @ONLY CONTENT
"#pragma once
#include <string_view>
inline constexpr std::string_view @symbol@ = R\"embed(@text@)embed\";
")
endfunction()
