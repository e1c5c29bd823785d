#pragma once

#include "core/async/asio.hpp"
#include "core/base/result.hpp"
#include "core/base/time.hpp"

#include <boost/describe.hpp>

#include <filesystem>
#include <string>
#include <string_view>

namespace kontena::master::git {

/// What to fetch. Kept apart from model::Source because it crosses to another process, through
/// its standard input: secrets never stand in arguments or the environment.
struct FetchRequest {
    std::string repository; ///< folder of the bare clone; made when it is missing
    std::string url;
    std::string ref; ///< branch or tag
    std::string username;
    std::string password;
    std::string ssh_key;
    std::string known_host;   ///< SHA-256 of the SSH host key; empty = accept and report it
    std::string known_commit; ///< when the ref is still at it, nothing is fetched
};
BOOST_DESCRIBE_STRUCT(
    FetchRequest, (), (repository, url, ref, username, password, ssh_key, known_host, known_commit)
)

/// The commit that the ref points to. Its files are in the clone then.
struct FetchReply {
    std::string commit;
    bool unchanged = false; ///< still at known_commit
    std::string author;
    std::string message;
    std::string known_host;
    std::string error; ///< nothing else counts when it is set
};
BOOST_DESCRIBE_STRUCT(FetchReply, (), (commit, unchanged, author, message, known_host, error))

/// Whether it has the form of a place that can be fetched from: a URL of a known scheme,
/// `git@host:path`, or an absolute path.
bool understands(std::string_view url);

/// Fetches in a child process, which is killed after `limit`: libgit2 1.5 has no time-outs of its
/// own, and a remote that hangs must not hold a thread of the master. Errors are
/// Errc::unavailable, or invalid when the remote answered and the fault is in the request.
awaitable<core::Result<FetchReply>> fetch(FetchRequest request, core::Millis limit);

/// The child: reads a FetchRequest, writes a FetchReply. Returns the exit code.
int fetch_worker();

/// The work itself, blocking.
FetchReply fetch_now(FetchRequest const& request);

} // namespace kontena::master::git
