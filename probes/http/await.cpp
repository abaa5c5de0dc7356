#include "probes/http/await.hpp"

#include <boost/asio/execution_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

namespace asio = boost::asio;

namespace opd {
namespace {

/// One for each event loop.
struct loop_share final : asio::execution_context::service {
    using key_type = loop_share;
    inline static asio::execution_context::id id;

    explicit loop_share(asio::execution_context& loop) : service(loop) {}
    void shutdown() override {}

    bool taken = false;  ///< in this turn
};

}  // namespace

asio::awaitable<void> heavy_step() {
    const auto executor = co_await asio::this_coro::executor;
    auto& share = asio::use_service<loop_share>(asio::query(executor, asio::execution::context));
    // Who has just had a step is behind those who wait already when the share is free again.
    co_await asio::post(executor, asio::use_awaitable);
    do co_await asio::post(executor, asio::use_awaitable);
    while (share.taken);
    share.taken = true;
    asio::post(executor, [&share] { share.taken = false; });
}

}  // namespace opd
