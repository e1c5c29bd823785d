#include "tests/sim/own_stacks.hpp"

#include "core/async/asio.hpp"
#include "core/base/strings.hpp"
#include "core/sys/files.hpp"
#include "core/sys/process.hpp"
#include "master/gitops/render.hpp"
#include "tests/sim/generate.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>

namespace kontena::sim {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using core::Errc;
using core::fail;
using core::Result;
using Files = std::vector<master::git::File>;
using Stacks = std::vector<std::shared_ptr<model::StackSpec const>>;

constexpr std::size_t kMaxBytes = 16UL << 20;
constexpr core::Millis kGitLimit = 60s;
constexpr core::Millis kChange = 120s;

bool is_yaml(std::string_view path) { return path.ends_with(".yml") || path.ends_with(".yaml"); }

Result<std::string> git(std::string const& folder, std::vector<std::string> arguments) {
    std::vector<std::string> argv{"/usr/bin/env", "git", "-C", folder};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    boost::asio::io_context loop;
    std::optional<Result<sys::ProcessResult>> out;
    auto running = sys::run_process(argv, "", kGitLimit, kMaxBytes);
    boost::asio::co_spawn(
        loop,
        std::move(running),
        [&](std::exception_ptr const& thrown, Result<sys::ProcessResult> result) {
            if (!thrown) out = std::move(result);
        }
    );
    loop.run();
    if (!out) return fail(Errc::internal, "git was not run");
    if (!*out) return std::move(out->error());
    if ((*out)->exit_code != 0)
        return fail(Errc::invalid, fmt::format("git {} failed, see above", arguments.front()));
    return std::move((*out)->output);
}

/// The YAML files below the folder, as a revision has them.
Result<Files> files_at(std::string const& folder, std::string const& revision) {
    if (revision.starts_with('-'))
        return fail(Errc::invalid, fmt::format("'{}' is not a revision", revision));
    KTRY(auto const names, git(folder, {"ls-tree", "-r", "-z", "--name-only", revision}));
    Files out;
    for (auto const name : core::split(names, '\0')) {
        if (!is_yaml(name)) continue;
        KTRY(auto text, git(folder, {"show", fmt::format("{}:./{}", revision, name)}));
        out.push_back({.path = std::string(name), .text = std::move(text)});
    }
    return out;
}

Result<Files> files_now(std::string const& folder) {
    Files out;
    std::error_code ec;
    for (auto it = fs::recursive_directory_iterator(folder, ec);
         !ec && it != fs::recursive_directory_iterator();
         it.increment(ec)) {
        auto const hidden = it->path().filename().string().starts_with('.');
        if (hidden && it->is_directory()) it.disable_recursion_pending();
        if (hidden || !it->is_regular_file() || !is_yaml(it->path().string())) continue;
        KTRY(auto text, sys::read_file(it->path(), kMaxBytes));
        out.push_back({.path = fs::relative(it->path(), folder).string(), .text = std::move(text)});
    }
    if (ec) return fail(Errc::invalid, fmt::format("cannot read {}: {}", folder, ec.message()));
    std::ranges::sort(out, {}, &master::git::File::path);
    return out;
}

/// What the files refer to, at a revision.
master::ReadFile reader_at(std::string folder, std::string revision) {
    return [=](std::string const& path) {
        return git(folder, {"show", fmt::format("{}:./{}", revision, path)});
    };
}

/// The same in the folder as it is.
master::ReadFile reader_now(std::string folder) {
    return
        [=](std::string const& path) { return sys::read_file(fs::path(folder) / path, kMaxBytes); };
}

Result<Stacks>
stacks_of(Result<Files> files, master::ReadFile const& read, std::string const& where) {
    if (!files) return std::move(files.error());
    auto rendered = master::render(*files, read, "g");
    if (!rendered.issues.empty())
        return fail(
            Errc::invalid,
            fmt::format("the stack files of {} are broken", where),
            std::move(rendered.issues)
        );
    if (rendered.stacks.empty())
        return fail(Errc::not_found, fmt::format("there is no stack file in {}", where));
    return std::move(rendered.stacks);
}

Result<std::vector<Fault>>
faults_of(std::string const& source, Scenario const& scenario, core::Millis from) {
    std::uint64_t seed = 0;
    auto const [end, error] = std::from_chars(source.data(), source.data() + source.size(), seed);
    if (error == std::errc() && end == source.data() + source.size()) {
        auto out = generate_faults(seed, scenario.nodes, 180s);
        for (auto& fault : out) fault.at += from;
        return out;
    }
    KTRY(auto const text, sys::read_file(source));
    KTRY(auto out, read_faults(text));
    for (auto const& fault : out) {
        auto const& nodes = scenario.nodes;
        bool const known =
            fault.node.empty() || std::ranges::find(nodes, fault.node, &Host::name) != nodes.end();
        if (!known) return fail(Errc::invalid, fmt::format("there is no node {}", fault.node));
    }
    return out;
}

} // namespace

Result<Scenario> scenario_of(OwnStacks const& own) {
    Scenario out{.seed = 1};
    KTRY(auto const text, sys::read_file(own.nodes_file));
    KTRY(out.nodes, read_hosts(text));
    if (out.nodes.empty()) return fail(Errc::invalid, "there are no nodes");
    bool const change = !own.new_revision.empty();
    auto const first = change ? own.old_revision : std::string("the folder");
    auto before = change ? files_at(own.folder, own.old_revision) : files_now(own.folder);
    auto const read = change ? reader_at(own.folder, own.old_revision) : reader_now(own.folder);
    KTRY(auto stacks, stacks_of(std::move(before), read, first));
    out.commits.push_back({.at = 1s, .id = first, .stacks = std::move(stacks)});
    if (change) {
        auto after = files_at(own.folder, own.new_revision);
        auto const read_new = reader_at(own.folder, own.new_revision);
        KTRY(stacks, stacks_of(std::move(after), read_new, own.new_revision));
        out.commits.push_back({.at = kChange, .id = own.new_revision, .stacks = std::move(stacks)});
    }
    if (own.faults) {
        KTRY(out.faults, faults_of(*own.faults, out, change ? kChange : core::Millis(60s)));
    }
    return out;
}

} // namespace kontena::sim
