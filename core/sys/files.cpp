#include "core/sys/files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace kontena::sys {

namespace fs = std::filesystem;
using core::Errc;
using core::fail;

namespace {

class Descriptor {
public:
    explicit Descriptor(int fd)
        : fd_(fd) {}

    Descriptor(Descriptor const&) = delete;
    Descriptor& operator=(Descriptor const&) = delete;

    ~Descriptor() {
        if (fd_ >= 0) ::close(fd_);
    }

    int get() const { return fd_; }

    explicit operator bool() const { return fd_ >= 0; }

private:
    int fd_;
};

core::Error system_error(std::string_view doing, fs::path const& path, int number) {
    auto const code = number == ENOENT                      ? Errc::not_found
                      : number == EACCES || number == EPERM ? Errc::denied
                                                            : Errc::unavailable;
    return fail(
        code,
        fmt::format(
            "cannot {} {}: {}", doing, path.string(), std::generic_category().message(number)
        )
    );
}

core::Result<void> sync_folder(fs::path const& folder) {
    Descriptor const fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd || ::fsync(fd.get()) != 0) return system_error("sync", folder, errno);
    return {};
}

fs::path folder_of(fs::path const& path) {
    auto parent = path.parent_path();
    return parent.empty() ? fs::path(".") : parent;
}

core::Result<void> write_all(int fd, std::string_view content, fs::path const& path) {
    while (!content.empty()) {
        auto const wrote = ::write(fd, content.data(), content.size());
        if (wrote < 0 && errno == EINTR) continue;
        if (wrote < 0) return system_error("write", path, errno);
        content.remove_prefix(static_cast<std::size_t>(wrote));
    }
    return {};
}

} // namespace

namespace {

/// A pipe that the shell made, `<(...)`, or the standard input: somebody writes to it.
bool handed_over(std::string const& path) {
    return path.starts_with("/dev/fd/") || path.starts_with("/proc/self/fd/") ||
           path == "/dev/stdin";
}

/// Other pipes would be waited for and devices read for ever.
core::Result<> check_readable(fs::path const& path) {
    std::error_code ec;
    auto const type = fs::status(path, ec).type();
    auto const is = [&](std::string_view what) {
        return fail(Errc::invalid, fmt::format("{}: is {}, not a file", path.string(), what));
    };
    if (type == fs::file_type::directory) return is("a folder");
    if (type == fs::file_type::socket) return is("a socket");
    if (type == fs::file_type::fifo && !handed_over(path.string())) return is("a pipe");
    auto const device = type == fs::file_type::character || type == fs::file_type::block;
    if (device && path != "/dev/null" && !handed_over(path.string())) return is("a device");
    return {};
}

} // namespace

core::Result<std::string> read_file(fs::path const& path, std::size_t limit) {
    KCHECK(check_readable(path));
    Descriptor const fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd) return system_error("read", path, errno);
    std::string out;
    std::size_t used = 0;
    while (true) {
        if (used == out.size())
            out.resize(std::min(std::max<std::size_t>(4096, used * 2), limit + 1));
        auto const got = ::read(fd.get(), out.data() + used, out.size() - used);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return system_error("read", path, errno);
        if (got == 0) break;
        used += static_cast<std::size_t>(got);
        if (used > limit) {
            return fail(
                Errc::invalid, fmt::format("{} is larger than {} bytes", path.string(), limit)
            );
        }
    }
    out.resize(used);
    return out;
}

core::Result<void> write_file(fs::path const& path, std::string_view content, std::uint32_t mode) {
    auto const folder = folder_of(path);
    std::error_code ec;
    fs::create_directories(folder, ec);
    if (ec) return system_error("make the folder", folder, ec.value());

    auto temporary = path.string() + ".XXXXXX";
    {
        Descriptor const fd(::mkostemp(temporary.data(), O_CLOEXEC));
        if (!fd) return system_error("write", path, errno);
        auto written = write_all(fd.get(), content, path);
        if (written && (::fchmod(fd.get(), mode) != 0 || ::fsync(fd.get()) != 0)) {
            written = system_error("write", path, errno);
        }
        if (!written) {
            ::unlink(temporary.c_str());
            return written;
        }
    }
    if (::rename(temporary.c_str(), path.c_str()) != 0) {
        auto error = system_error("replace", path, errno);
        ::unlink(temporary.c_str());
        return error;
    }
    return sync_folder(folder);
}

core::Result<void> remove_file(fs::path const& path) {
    if (::unlink(path.c_str()) != 0) {
        if (errno == ENOENT) return {};
        return system_error("remove", path, errno);
    }
    return sync_folder(folder_of(path));
}

core::Result<std::vector<std::string>> list_directory(fs::path const& path) {
    std::vector<std::string> names;
    std::error_code ec;
    fs::directory_iterator it(path, ec);
    if (ec == std::errc::no_such_file_or_directory) return names;
    for (; !ec && it != fs::directory_iterator(); it.increment(ec))
        names.push_back(it->path().filename().string());
    if (ec) return system_error("list", path, ec.value());
    std::sort(names.begin(), names.end());
    return names;
}

} // namespace kontena::sys
