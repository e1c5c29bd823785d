#include "stackfile/read.hpp"
#include "tests/bench/memory.hpp"

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <string>

namespace kontena::bench {
namespace {

/// A stack file with most of what services can say.
std::string stack_file(int services) {
    std::string out = R"(stack: acme/shop
version: 1.4.2
variables:
  tag:
    type: string
    default: "1.25"
  replicas:
    type: integer
    default: 3
services:
)";
    for (int i = 0; i < services; ++i) {
        out += fmt::format("  web{}:\n", i);
        out += "    image: registry.example.com/acme/web:${tag}\n";
        out += "    instances: $replicas\n";
        out += "    command: serve --listen 0.0.0.0:8080 --workers 4\n";
        out += fmt::format("    ports:\n      - \"{}:8080\"\n", 20'000 + i);
        out += "    environment:\n"
               "      - LOG_LEVEL=info\n"
               "      - VERSION=${tag}\n"
               "      - DATABASE_URL=postgres://db.example.com/shop\n"
               "      - CACHE_URL=redis://cache.example.com:6379\n"
               "    affinity:\n"
               "      - label!=maintenance\n"
               "    volumes:\n"
               "      - /srv/shop:/data:ro\n"
               "    mem_limit: 256m\n"
               "    deploy:\n"
               "      strategy: ha\n"
               "      min_health: 0.8\n"
               "      wait_for_port: 8080\n"
               "    health_check:\n"
               "      protocol: http\n"
               "      port: 8080\n"
               "      uri: /health\n"
               "      interval: 20\n";
        if (i > 0) out += fmt::format("    links:\n      - web{}:previous\n", i - 1);
    }
    return out;
}

void read_stackfile(benchmark::State& state) {
    stackfile::Input const input{
        .text = stack_file(int(state.range(0))), .file = "kontena.yml", .grid = "g"
    };
    for (auto _ : state) {
        auto const reading = kontena::stackfile::read(input);
        if (!reading.stack) state.SkipWithError(to_string(reading.errors.front()).c_str());
    }
    state.SetItemsProcessed(state.iterations() * state.range(0));
    state.SetBytesProcessed(state.iterations() * std::int64_t(input.text.size()));
    state.counters["peak_rss_mb"] = peak_rss_mb();
}

BENCHMARK(read_stackfile)->Name("stackfile")->Arg(50)->Unit(benchmark::kMillisecond);

} // namespace
} // namespace kontena::bench
