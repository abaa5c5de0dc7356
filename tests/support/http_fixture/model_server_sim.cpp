#include "tests/support/http_fixture/model_server_sim.hpp"

#include "tests/support/http_fixture/conversation.hpp"
#include "tests/support/http_fixture/wire.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

namespace opd::test {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

constexpr auto await = asio::as_tuple(asio::use_awaitable);

std::optional<asio::ssl::context> make_context(const std::optional<tls_identity>& identity) {
    if (!identity) return std::nullopt;
    std::optional<asio::ssl::context> context(std::in_place, asio::ssl::context::tls_server);
    context->use_certificate_chain(asio::buffer(identity->certificate_pem));
    context->use_private_key(asio::buffer(identity->key_pem), asio::ssl::context::pem);
    return context;
}

void rethrow(const std::exception_ptr& error) {
    if (error) std::rethrow_exception(error);
}

}  // namespace

struct model_server_sim::impl {
    explicit impl(sim_options wanted)
        : options(std::move(wanted)),
          tls(make_context(options.tls)),
          acceptor(io, tcp::endpoint(asio::ip::make_address(options.address), options.port)) {}

    asio::awaitable<void> accept();
    asio::awaitable<void> serve(tcp::socket);
    asio::awaitable<void> converse(wire&, std::size_t number);
    script decide(const seen_request&);

    template <class Condition>
    bool wait(std::chrono::milliseconds patience, Condition condition) {
        std::unique_lock lock(mutex);
        return changed.wait_for(lock, patience, condition);
    }

    const sim_options options;
    asio::io_context io{1};
    std::optional<asio::ssl::context> tls;
    tcp::acceptor acceptor;
    std::thread thread;

    std::mutex mutex;  // guards what follows
    std::condition_variable changed;
    std::map<std::string, behaviour> answers;
    behaviour fallback = [](const seen_request& request) {
        return text_answer(404, "no answer is set for " + request.path());
    };
    greeting welcome = greeting::serve;
    std::vector<seen_request> seen;
    std::size_t accepted = 0;
    std::size_t open = 0;
    std::size_t peak = 0;
};

asio::awaitable<void> model_server_sim::impl::accept() {
    while (true) {
        auto [error, socket] = co_await acceptor.async_accept(await);
        if (!error) {
            asio::co_spawn(io, serve(std::move(socket)), rethrow);
            continue;
        }
        asio::steady_timer until_descriptors_are_free(io, std::chrono::milliseconds(10));
        co_await until_descriptors_are_free.async_wait(await);
    }
}

asio::awaitable<void> model_server_sim::impl::serve(tcp::socket socket) {
    auto line = tls ? tls_wire(std::move(socket), *tls) : plain_wire(std::move(socket));
    std::size_t number = 0;
    greeting treatment{};
    {
        const std::lock_guard lock(mutex);
        number = ++accepted;
        peak = std::max(peak, ++open);
        treatment = welcome;
    }
    changed.notify_all();

    if (treatment == greeting::serve) {
        const bool secured = co_await line->handshake();
        if (secured) co_await converse(*line, number);
    } else if (treatment == greeting::reset) {
        line->abort();
    } else if (treatment == greeting::hang) {
        co_await line->wait_until_gone();
    }

    line.reset();
    {
        const std::lock_guard lock(mutex);
        --open;
    }
    changed.notify_all();
}

asio::awaitable<void> model_server_sim::impl::converse(wire& line, std::size_t number) {
    std::string buffer;
    bool more = true;
    while (more) {
        auto request = co_await read_request(line, buffer);
        if (!request) co_return;
        request->connection = number;
        request->server_name = line.server_name();
        request->received = std::chrono::steady_clock::now();
        {
            const std::lock_guard lock(mutex);
            seen.push_back(*request);
        }
        changed.notify_all();
        const auto answer = decide(*request);
        more = co_await perform(line, answer, *request);
    }
}

script model_server_sim::impl::decide(const seen_request& request) {
    behaviour chosen;
    {
        const std::lock_guard lock(mutex);
        const auto found = answers.find(request.path());
        chosen = found != answers.end() ? found->second : fallback;
    }
    try {
        return chosen(request);
    } catch (const std::exception& error) {
        return text_answer(500, fmt::format("the behaviour for {} threw: {}", request.target, error.what()));
    }
}

model_server_sim::model_server_sim(sim_options options) : impl_(std::make_unique<impl>(std::move(options))) {
    asio::co_spawn(impl_->io, impl_->accept(), rethrow);
    impl_->thread = std::thread([this] { impl_->io.run(); });
}

model_server_sim::~model_server_sim() {
    impl_->io.stop();
    impl_->thread.join();
}

std::uint16_t model_server_sim::port() const { return impl_->acceptor.local_endpoint().port(); }

std::string model_server_sim::base_url() const {
    const auto& address = impl_->options.address;
    return base_url(address.find(':') == std::string::npos ? address : "[" + address + "]");
}

std::string model_server_sim::base_url(std::string_view host) const {
    return fmt::format("{}://{}:{}", impl_->tls ? "https" : "http", host, port());
}

void model_server_sim::answer(const std::string& path, script canned) {
    answer(path, [canned = std::move(canned)](const seen_request&) { return canned; });
}

void model_server_sim::answer(const std::string& path, behaviour decide) {
    const std::lock_guard lock(impl_->mutex);
    impl_->answers[path] = std::move(decide);
}

void model_server_sim::answer_everything(script canned) {
    answer_everything([canned = std::move(canned)](const seen_request&) { return canned; });
}

void model_server_sim::answer_everything(behaviour decide) {
    const std::lock_guard lock(impl_->mutex);
    impl_->fallback = std::move(decide);
}

void model_server_sim::greet_with(greeting treatment) {
    const std::lock_guard lock(impl_->mutex);
    impl_->welcome = treatment;
}

std::vector<seen_request> model_server_sim::requests() const {
    const std::lock_guard lock(impl_->mutex);
    return impl_->seen;
}

std::size_t model_server_sim::connections() const {
    const std::lock_guard lock(impl_->mutex);
    return impl_->accepted;
}

std::size_t model_server_sim::open_connections() const {
    const std::lock_guard lock(impl_->mutex);
    return impl_->open;
}

std::size_t model_server_sim::peak_connections() const {
    const std::lock_guard lock(impl_->mutex);
    return impl_->peak;
}

bool model_server_sim::wait_for_requests(std::size_t at_least, std::chrono::milliseconds patience) const {
    return impl_->wait(patience, [&] { return impl_->seen.size() >= at_least; });
}

bool model_server_sim::wait_for_connections(std::size_t at_least, std::chrono::milliseconds patience) const {
    return impl_->wait(patience, [&] { return impl_->accepted >= at_least; });
}

bool model_server_sim::wait_for_open_connections(std::size_t exactly, std::chrono::milliseconds patience) const {
    return impl_->wait(patience, [&] { return impl_->open == exactly; });
}

}  // namespace opd::test
