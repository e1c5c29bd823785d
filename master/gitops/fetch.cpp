#include "master/gitops/fetch.hpp"

#include "core/json/codec.hpp"
#include "core/sys/process.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iostream>
#include <iterator>

namespace kontena::master::git {
namespace {

constexpr std::size_t kMaxReply = 1024UL * 1024;

constexpr std::array<std::string_view, 5> kSchemes{"https", "http", "ssh", "git", "file"};

} // namespace

bool understands(std::string_view url) {
    if (url.starts_with('/')) return true;
    auto const scheme = url.find("://");
    if (scheme != url.npos)
        return std::ranges::find(kSchemes, url.substr(0, scheme)) != kSchemes.end();
    auto const colon = url.find(':');
    bool const host = colon != url.npos && colon > 0 && colon < url.find('/');
    return host && !url.starts_with('-');
}

awaitable<core::Result<FetchReply>> fetch(FetchRequest request, core::Millis limit) {
    std::vector<std::string> argv{"/proc/self/exe", "git-fetch"};
    auto input = json::encode_text(request);
    auto const ran = co_await sys::run_process(std::move(argv), std::move(input), limit, kMaxReply);
    if (!ran) {
        auto const why =
            ran.error().code == core::Errc::timeout
                ? fmt::format(
                      "{} did not answer within {}", request.url, core::format_duration(limit)
                  )
                : to_string(ran.error());
        co_return core::fail(core::Errc::unavailable, why);
    }
    auto reply = json::decode_text<FetchReply>(ran->output);
    if (!reply) {
        co_return core::fail(
            core::Errc::internal, fmt::format("the git process ended with code {}", ran->exit_code)
        );
    }
    if (!reply->error.empty()) co_return core::fail(core::Errc::unavailable, reply->error);
    co_return std::move(*reply);
}

int fetch_worker() {
    std::string const input{
        std::istreambuf_iterator<char>(std::cin), std::istreambuf_iterator<char>()
    };
    auto const request = json::decode_text<FetchRequest>(input);
    FetchReply const reply =
        request ? fetch_now(*request) : FetchReply{.error = to_string(request.error())};
    std::cout << json::encode_text(reply) << std::flush;
    return reply.error.empty() ? 0 : 1;
}

} // namespace kontena::master::git
