#pragma once

namespace kontena::bench {

/// The most memory that this process has had resident so far. It never falls: run one benchmark
/// alone (`--benchmark_filter`) to learn its own.
double peak_rss_mb();

} // namespace kontena::bench
