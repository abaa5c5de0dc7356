#include "probes/http/resolver.hpp"

#include "probes/http/await.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>

#include <condition_variable>
#include <cstring>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

#include <netdb.h>

namespace asio = boost::asio;

namespace opd {

/// A name that is being looked up, and who waits for it. Touched by the event loop alone.
struct resolver::pending {
    std::optional<result<addresses, failure>> answer;
    std::vector<asio::steady_timer*> waiters;
};

/// What the event loop and the threads share. The threads keep it alive, so that a look-up that outlives the resolver
/// finds it.
struct resolver::pool {
    explicit pool(look_up function) : look_up_(std::move(function)) {}

    const look_up look_up_;
    std::map<std::string, std::shared_ptr<pending>, std::less<>> by_name_;  // event loop only

    std::mutex mutex_;
    std::condition_variable work_;
    std::deque<std::string> queue_;
    unsigned threads_ = 0;
    unsigned idle_ = 0;
    std::optional<asio::any_io_executor> loop_;  // nullopt: the resolver is gone

    void finish(const std::string& host, result<addresses, failure> answer);
};

namespace {

constexpr std::chrono::seconds idle_thread_lifetime{10};

}  // namespace

result<resolver::addresses, failure> resolver::system_look_up(const std::string& host) {
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    const int code = getaddrinfo(host.c_str(), nullptr, &hints, &found);
    if (code != 0) {
        const bool unknown = code == EAI_NONAME || code == EAI_NODATA || code == EAI_ADDRFAMILY;
        return failure{.why = unknown ? failure::reason::unknown_host : failure::reason::resolver,
                       .at = stage::resolve,
                       .detail = gai_strerror(code)};
    }
    const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(found, &freeaddrinfo);
    addresses out;
    for (const addrinfo* entry = found; entry != nullptr; entry = entry->ai_next) {
        asio::ip::tcp::endpoint endpoint;
        if (entry->ai_addrlen > endpoint.capacity()) continue;
        std::memcpy(endpoint.data(), entry->ai_addr, entry->ai_addrlen);
        endpoint.resize(entry->ai_addrlen);
        out.push_back(endpoint.address());
    }
    if (out.empty()) return failure{.why = failure::reason::unknown_host, .at = stage::resolve, .detail = "no address"};
    return out;
}

// Detached, because nobody could join a thread inside getaddrinfo; it owns all it touches.
void resolver::start_thread(std::function<void()> work) { std::thread(std::move(work)).detach(); }

resolver::resolver(asio::any_io_executor executor, look_up function, unsigned max_threads, thread_starter starter)
    : executor_(std::move(executor)),
      pool_(std::make_shared<pool>(std::move(function))),
      max_threads_(max_threads),
      start_thread_(std::move(starter)) {
    pool_->loop_ = executor_;
}

resolver::~resolver() {
    const std::lock_guard lock(pool_->mutex_);
    pool_->loop_.reset();
    pool_->queue_.clear();
    pool_->work_.notify_all();
}

void resolver::pool::finish(const std::string& host, result<addresses, failure> answer) {
    const auto found = by_name_.find(host);
    if (found == by_name_.end()) return;
    const std::shared_ptr<pending> done = std::move(found->second);
    by_name_.erase(found);
    done->answer = std::move(answer);
    for (asio::steady_timer* waiter : done->waiters) waiter->cancel();
}

void resolver::work(const std::shared_ptr<pool>& shared) {
    std::unique_lock lock(shared->mutex_);
    for (;;) {
        ++shared->idle_;
        const bool woken = shared->work_.wait_for(lock, idle_thread_lifetime,
                                                  [&] { return !shared->queue_.empty() || !shared->loop_; });
        --shared->idle_;
        if (!woken || !shared->loop_) break;
        const std::string host = std::move(shared->queue_.front());
        shared->queue_.pop_front();
        lock.unlock();
        auto answer = shared->look_up_(host);
        lock.lock();
        if (!shared->loop_) break;
        // Posting under the lock: the loop is there as long as the resolver is, and that cannot go without this mutex.
        asio::post(*shared->loop_,
                   [shared, host, answer = std::move(answer)]() mutable { shared->finish(host, std::move(answer)); });
    }
    --shared->threads_;
}

void resolver::start(const std::string& host) {
    std::unique_lock lock(pool_->mutex_);
    pool_->queue_.push_back(host);
    if (pool_->queue_.size() <= pool_->idle_ || pool_->threads_ >= max_threads_) {
        pool_->work_.notify_one();
        return;
    }
    try {
        start_thread_([shared = pool_] { work(shared); });
        ++pool_->threads_;
    } catch (const std::system_error& error) {
        if (pool_->threads_ != 0) return;  // one of those takes it when it is free
        pool_->queue_.clear();
        lock.unlock();
        pool_->finish(host, failure{.why = failure::reason::resolver, .at = stage::resolve, .detail = error.what()});
    }
}

asio::awaitable<result<resolver::addresses, failure>> resolver::resolve(
    std::string host, std::chrono::steady_clock::time_point deadline) {
    boost::system::error_code not_literal;
    const asio::ip::address literal = asio::ip::make_address(host, not_literal);
    if (!not_literal) co_return addresses{literal};
    if (host == "localhost" || host.ends_with(".localhost"))  // RFC 6761 6.3
        co_return addresses{asio::ip::address_v4::loopback(), asio::ip::address_v6::loopback()};

    std::shared_ptr<pending> asked = pool_->by_name_[host];
    if (!asked) {
        asked = pool_->by_name_[host] = std::make_shared<pending>();
        start(host);
        if (asked->answer) co_return *asked->answer;
    }
    asio::steady_timer timer(executor_, deadline);
    asked->waiters.push_back(&timer);
    co_await timer.async_wait(await);
    std::erase(asked->waiters, &timer);
    if (asked->answer) co_return *asked->answer;
    const auto state = co_await asio::this_coro::cancellation_state;
    const bool cancelled = state.cancelled() != asio::cancellation_type::none;
    failure none{.why = cancelled ? failure::reason::cancelled : failure::reason::timed_out, .at = stage::resolve};
    co_return none;
}

}  // namespace opd
