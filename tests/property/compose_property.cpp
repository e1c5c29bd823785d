#include "stackfile/compose/convert.hpp"
#include "stackfile/outside.hpp"
#include "stackfile/read.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace {

using namespace kontena;

/// What people write at keys of a service, and what they had better not.
rc::Gen<std::string> key_of_service() {
    return rc::gen::element<std::string>(
        "image: app:1",
        "image: app:${TAG}",
        "image: ${IMAGE:-app}",
        "build: .",
        "build: {context: ./x, args: {A: 1, B: }, target: t}",
        "command: run --fast 'a b'",
        "command: [sh, -c, \"echo ${A} $$B\"]",
        "command: \"not 'closed\"",
        "entrypoint: [/init, -x]",
        "entrypoint: []",
        "environment: {A: yes, B: , C: 1.5, 'D=E': x, \"F$G\": y, H: [1]}",
        "environment: [A=1, B, =x, 'C=${C:-${D:-e}}', \"X={{ y }}\"]",
        "env_file: [a.env, {path: b.env, required: false}]",
        "user: ${UID:-1000}",
        "user: 1000:1000",
        "ports: ['80:80', 81, '8000-8002:9000-9002', '[::1]:1:1', '0:1', '80:80']",
        "ports: [{target: 90, published: 90, mode: host}, '${PORT}:91', '${P2:-x}:92']",
        "volumes: [data:/d, ./x:/x, /y:/y:ro, /d, '${DIR}:/e', 'a.b:/f', 'v${N}:/g', x]",
        "volumes: [{type: bind, source: /a, target: /b, read_only: true}, {type: tmpfs, target: "
        "/t}]",
        "links: [a, 'b:c', gone]",
        "depends_on: {a: {condition: service_healthy}, gone: {required: false}}",
        "depends_on: [gone]",
        "extends: gone",
        "network_mode: host",
        "network_mode: service:a",
        "privileged: true",
        "privileged: '${X:-true}'",
        "cap_add: [NET_ADMIN]",
        "cpus: '0.5'",
        "cpus: ${CPUS:-2}",
        "cpus: 0",
        "cpu_shares: 4096",
        "mem_limit: 512m",
        "mem_limit: ${MEM:-1gb}",
        "mem_limit: 0",
        "memswap_limit: 1g",
        "memswap_limit: -1",
        "shm_size: 1.5g",
        "logging: {driver: x, options: {a: 1, b: '{{.Name}}'}}",
        "stop_signal: TERM",
        "stop_signal: 9",
        "stop_grace_period: 1.5s",
        "stop_grace_period: soon",
        "healthcheck: {test: 'curl http://localhost:80/x', interval: 500ms, timeout: 90s}",
        "healthcheck: {test: 'curl http://localhost', interval: 5s, retries: 2}",
        "healthcheck: {test: [CMD, pg_isready]}",
        "scale: 3",
        "scale: -1",
        "scale: 99999",
        "deploy: {replicas: 4, update_config: {order: start-first, parallelism: 3}}",
        "deploy: {mode: global, update_config: {order: start-first, failure_action: pause}}",
        "deploy: {replicas: '${REPLICAS}', update_config: {parallelism: 1, delay: 5s}}",
        "deploy: {resources: {limits: {memory: 256M, cpus: '0.5'}, reservations: {cpus: 1}}}",
        "deploy: {placement: {constraints: ['node.labels.a == b', 'node.role==x', "
        "'node.hostname=='] }}",
        "restart: always",
        "profiles: [x]",
        "secrets: [s]",
        "volumes_from: [a]",
        "external_links: [z]",
        "tmpfs: /run",
        "x-own: {a: [b]}"
    );
}

struct Service {
    std::string name;
    std::vector<std::string> keys;
};

/// Each key once, as in a map.
Service service(std::string name, std::vector<std::string> const& lines) {
    Service out{std::move(name), {}};
    for (auto const& line : lines) {
        auto const key = line.substr(0, line.find(':') + 1);
        auto const same = [&](std::string const& other) { return other.starts_with(key); };
        if (std::ranges::none_of(out.keys, same)) out.keys.push_back(line);
    }
    return out;
}

std::string compose_file(std::vector<Service> const& services) {
    std::string out = "services:\n";
    for (auto const& one : services) {
        out += fmt::format("  {}:\n    x-any: 1\n", one.name);
        for (auto const& key : one.keys) out += fmt::format("    {}\n", key);
    }
    return out;
}

std::vector<Service> any_services() {
    std::vector<Service> out;
    auto const keys = rc::gen::container<std::vector<std::string>>(key_of_service());
    // One name that a stack file does not allow. Nothing depends on c.d, so there are no circles.
    for (auto const* name : {"b", "c.d"}) out.push_back(service(name, *keys));
    for (auto& one : out)
        if (one.name == "b")
            std::erase_if(one.keys, [](auto const& k) { return k.starts_with("links"); });
    out.push_back({"a", {"image: x"}});
    return out;
}

/// Where every file is, and is empty.
class EmptyFiles : public stackfile::Outside {
public:
    core::Result<std::string> beside(stackfile::Document const&, std::string const&) override {
        return std::string();
    }
};

stackfile::compose::Conversion convert(std::string const& text) {
    return stackfile::compose::convert(text, "compose.yml", {.otherwise = "shop"});
}

RC_GTEST_PROP(Compose, WhatConvertPrintsIsAccepted, ()) {
    auto const text = compose_file(any_services());
    RC_LOG() << text;
    auto const made = convert(text);
    RC_ASSERT(made.errors.empty());
    EmptyFiles files;
    stackfile::Input input{
        .text = made.text, .file = "kontena.yml", .directory = "/x", .outside = &files
    };
    for (auto const& [name, value] : made.examples) input.values.emplace(name, value);
    auto const reading = stackfile::read(input);
    for (auto const* issues : {&reading.errors, &reading.refusals, &reading.beyond})
        for (auto const& issue : *issues) RC_LOG() << to_string(issue) << "\n" << made.text;
    RC_ASSERT(reading.stack.has_value());
    RC_ASSERT(reading.beyond.empty());
}

RC_GTEST_PROP(Compose, TheOrderOfKeysDoesNotMatter, ()) {
    auto services = any_services();
    auto const first = convert(compose_file(services)).text;
    for (auto& one : services) std::ranges::reverse(one.keys);
    RC_ASSERT(convert(compose_file(services)).text == first);
}

} // namespace
