#include "tests/bench/memory.hpp"

#include <sys/resource.h>

namespace kontena::bench {

double peak_rss_mb() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    return double(usage.ru_maxrss) / 1024;
}

} // namespace kontena::bench
