#pragma once

#include <string>
#include <string_view>

namespace kontena::stackfile {

/// `path` as seen from `folder`, without `.` and needless `..`; an absolute one stays. An empty
/// folder is the current one.
std::string join_path(std::string_view folder, std::string_view path);

/// The folder of a file, empty when the path has none.
std::string_view folder_of(std::string_view file);

} // namespace kontena::stackfile
