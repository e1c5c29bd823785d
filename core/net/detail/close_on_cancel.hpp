#pragma once

#include "core/net/stream.hpp"

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <utility>

/// The composed operations of Beast and of Asio's TLS lose a cancellation that arrives between two
/// of their steps, and a cancelled one leaves the stream useless. So here a cancellation closes the
/// stream instead, which no step can miss.
namespace kontena::net::detail {

/// For the next await of the coroutine whose cancellation `state` is; `stream` outlives that await.
inline void close_on_cancel(asio::cancellation_state const& state, AnyStream* stream) {
    auto slot = state.slot();
    if (slot.is_connected()) slot.assign([stream](asio::cancellation_type) { stream->close(); });
}

/// The token for an await prepared by close_on_cancel().
inline auto uncancellable(boost::system::error_code& ec) {
    return asio::bind_cancellation_slot(
        asio::cancellation_slot(), asio::redirect_error(asio::use_awaitable, ec)
    );
}

/// The same for an operation that is handed a handler.
inline auto close_on_cancel(AnyStream::IoHandler handler, AnyStream* stream) {
    auto slot = asio::get_associated_cancellation_slot(handler);
    if (slot.is_connected()) slot.assign([stream](asio::cancellation_type) { stream->close(); });
    auto done = [slot,
                 h = std::move(handler)](boost::system::error_code ec, std::size_t size) mutable {
        if (slot.is_connected()) slot.clear();
        std::move(h)(ec, size);
    };
    return asio::bind_cancellation_slot(asio::cancellation_slot(), std::move(done));
}

} // namespace kontena::net::detail
