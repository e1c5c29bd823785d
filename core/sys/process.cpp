#include "core/sys/process.hpp"

#include "core/async/timeout.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>

#include <array>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace kontena::sys {
namespace {

using core::Errc;
using core::fail;
using core::Result;
constexpr auto as_tuple = boost::asio::as_tuple(boost::asio::use_awaitable);

/// Kills and reaps what it holds, unless that has been done.
class Child {
public:
    explicit Child(pid_t pid)
        : pid_(pid) {}

    Child(Child const&) = delete;
    Child& operator=(Child const&) = delete;

    ~Child() {
        if (pid_ <= 0) return;
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }

    pid_t pid() const { return pid_; }

    int reap() {
        int status = 0;
        ::waitpid(std::exchange(pid_, -1), &status, 0);
        return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    }

private:
    pid_t pid_;
};

class Pipe {
public:
    Pipe() {
        if (::pipe2(ends_.data(), O_CLOEXEC) != 0) ends_ = {-1, -1};
    }

    Pipe(Pipe const&) = delete;
    Pipe& operator=(Pipe const&) = delete;

    ~Pipe() {
        for (auto const fd : ends_) {
            if (fd >= 0) ::close(fd);
        }
    }

    bool ok() const { return ends_[0] >= 0; }

    int reading() const { return ends_[0]; }

    int writing() const { return ends_[1]; }

    int take(std::size_t end) { return std::exchange(ends_[end], -1); }

    void close(std::size_t end) {
        if (auto const fd = take(end); fd >= 0) ::close(fd);
    }

private:
    std::array<int, 2> ends_{-1, -1};
};

std::vector<char*> pointers(std::vector<std::string>& argv) {
    std::vector<char*> out;
    for (auto& arg : argv) out.push_back(arg.data());
    out.push_back(nullptr);
    return out;
}

core::Error not_run(std::string const& program, int error) {
    return fail(Errc::internal, fmt::format("cannot run {}: {}", program, std::strerror(error)));
}

Result<pid_t> spawn(std::vector<std::string>& argv, Pipe const& in, Pipe const& out) {
    auto args = pointers(argv);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in.reading(), STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, out.writing(), STDOUT_FILENO);
    pid_t pid = -1;
    auto const rc = ::posix_spawn(&pid, args.front(), &actions, nullptr, args.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    if (rc != 0) return not_run(argv.front(), rc);
    return pid;
}

using Descriptor = boost::asio::posix::stream_descriptor;

awaitable<void> feed(Descriptor& to, std::string const& input) {
    // A child that does not read its input says why by other means.
    std::ignore = co_await boost::asio::async_write(to, boost::asio::buffer(input), as_tuple);
    to.close();
}

awaitable<Result<std::string>> collect(Descriptor& from, std::size_t max_output) {
    std::string out;
    std::array<char, 16 * 1024> piece{};
    for (;;) {
        auto const [error, size] =
            co_await from.async_read_some(boost::asio::buffer(piece), as_tuple);
        out.append(piece.data(), size);
        if (out.size() > max_output)
            co_return fail(Errc::invalid, fmt::format("more than {} bytes of output", max_output));
        if (error == boost::asio::error::eof) co_return out;
        // A cancellation must unwind: returned as an answer it would hide the time-out.
        if (error == boost::asio::error::operation_aborted)
            throw boost::system::system_error(error);
        if (error)
            co_return fail(
                Errc::internal, fmt::format("reading from a child process: {}", error.message())
            );
    }
}

/// Waits without blocking the reactor: a pidfd becomes readable when the process has ended.
awaitable<Result<void>> wait_exit(pid_t pid) {
    auto const fd = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
    if (fd < 0) co_return Result<void>{};
    Descriptor ended(co_await boost::asio::this_coro::executor, fd);
    std::ignore = co_await ended.async_wait(Descriptor::wait_read, as_tuple);
    co_return Result<void>{};
}

/// `to`, `from` and `input` live in run_process, which awaits this.
awaitable<Result<std::string>> converse(
    pid_t pid, Descriptor& to, Descriptor& from, std::string const& input, std::size_t max_output
) {
    // The child reads all of its input before it answers, so one after the other cannot block.
    co_await feed(to, input);
    KCO_TRY(auto out, co_await collect(from, max_output));
    KCO_CHECK(co_await wait_exit(pid));
    co_return out;
}

} // namespace

awaitable<Result<ProcessResult>> run_process(
    std::vector<std::string> argv, std::string input, core::Millis limit, std::size_t max_output
) {
    Pipe in;
    Pipe out;
    if (!in.ok() || !out.ok())
        co_return fail(Errc::unavailable, "no file descriptors left for a child process");
    KCO_TRY(auto const pid, spawn(argv, in, out));
    Child child(pid);
    in.close(0);
    out.close(1);
    auto const executor = co_await boost::asio::this_coro::executor;
    Descriptor to(executor, in.take(1));
    Descriptor from(executor, out.take(0));
    auto talk = converse(pid, to, from, input, max_output);
    KCO_TRY(auto text, co_await async::with_timeout(std::move(talk), limit, argv.front()));
    co_return ProcessResult{.exit_code = child.reap(), .output = std::move(text)};
}

awaitable<Result<int>> run_in_foreground(std::vector<std::string> argv) {
    auto args = pointers(argv);
    pid_t pid = -1;
    auto const rc = ::posix_spawnp(&pid, args.front(), nullptr, nullptr, args.data(), environ);
    if (rc != 0) co_return not_run(argv.front(), rc);
    Child child(pid);
    KCO_CHECK(co_await wait_exit(pid));
    co_return child.reap();
}

} // namespace kontena::sys
