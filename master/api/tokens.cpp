#include "master/api/tokens.hpp"

#include "core/crypto/digest.hpp"
#include "core/sys/files.hpp"

namespace kontena::master {
namespace {

using core::Errc;
using core::Result;

constexpr std::size_t kTokenBytes = 32;
constexpr std::string_view kBearer = "bearer ";

model::Token make_token(std::string name, std::string const& text, core::TimePoint now) {
    auto const hash = crypto::sha256_hex(text);
    // The id is a part of the digest: looking a token up costs no scan.
    return {
        .id = core::TokenId(hash.substr(0, 32)),
        .name = std::move(name),
        .hash = hash,
        .last_four = text.substr(text.size() - 4),
        .created_at = now,
    };
}

} // namespace

Result<Caller>
authenticate(State const& state, net::HttpRequest const& request, core::TimePoint now) {
    auto const denied = core::fail(Errc::unauthenticated, "invalid token");
    auto const header = request.headers.get("Authorization").value_or("");
    if (header.size() <= kBearer.size() ||
        !net::equal_ignoring_case(header.substr(0, kBearer.size()), kBearer))
        return denied;
    auto const hash = crypto::sha256_hex(header.substr(kBearer.size()));
    auto const token = state.find<model::Token>(core::TokenId(hash.substr(0, 32)));
    if (!token || !crypto::equal_constant_time(token->hash, hash)) return denied;
    if (token->expires_at && *token->expires_at <= now) return denied;
    return Caller{token->name};
}

awaitable<Result<void>>
ensure_admin_token(Store& store, async::Clock const& clock, Config const& config) {
    auto text = config.initial_token.reveal();
    if (text.empty() && !store.state().all<model::Token>().empty()) co_return Result<void>{};
    if (text.empty()) {
        text = crypto::random_hex(kTokenBytes);
        auto const file = config.data_dir / "admin.token";
        KCO_CHECK(sys::write_file(file, text + "\n", 0600));
        sys::log::info("master", "admin token written", {{"file", file.string()}});
    }
    auto const token = make_token("admin", text, clock.now());
    Store::Build build = [&](State const& head) -> Result<Txn> {
        Txn txn(
            head, {.kind = model::CauseKind::system, .actor = "master", .detail = "the first token"}
        );
        if (!head.find<model::Token>(token.id)) txn.put(token);
        return txn;
    };
    KCO_CHECK(co_await store.update(std::move(build)));
    co_return Result<void>{};
}

} // namespace kontena::master
