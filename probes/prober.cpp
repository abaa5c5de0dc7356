#include "probes/prober.hpp"

#include "probes/dialects/dialect.hpp"
#include "probes/key_pieces.hpp"
#include "probes/key_policy.hpp"
#include "probes/refusal.hpp"
#include "probes/verdict.hpp"

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>

namespace asio = boost::asio;
using std::chrono::steady_clock;

namespace opd {
namespace {

/// No server may have the user's key shown in the place of a name. What is left of an id is that of no model, but says
/// that there is something odd.
void hide_key(std::vector<model>& models, const secret& key) {
    if (key.empty() || models.empty()) return;
    const key_pieces pieces(key);
    bool hidden = false;
    for (model& one : models) {
        for (std::string* text : {&one.id, &one.display_name}) {
            if (!pieces.are_in(*text)) continue;
            *text = pieces.hidden_in(*text);
            hidden = true;
        }
    }
    if (!hidden) return;
    std::unordered_set<std::string> seen;
    std::erase_if(models, [&seen](const model& one) { return !seen.insert(one.id).second; });
}

/// One probe under way. The order must outlive it.
class cycle {
public:
    cycle(http_transport& transport, const probe_order& order)
        : order_(order),
          start_(steady_clock::now()),
          about_{.server = order_.server,
                 .root = order_.root,
                 .key_env = order_.key ? key_variable(order_.server, order_.root) : std::string_view{},
                 .key = order_.key ? *order_.key : no_key_,
                 .timeout = order_.timeout},
          connection_(transport.open(peer(), start_ + order_.timeout)) {}

    asio::awaitable<report> run() {
        const dialect& speaks = dialect_of(order_.server.kind->dialect);
        const std::vector<route> routes = speaks.routes(order_.root);
        std::optional<report> absent;
        for (std::size_t tried = 0; tried != routes.size(); ++tried) {
            const std::size_t index = nth_route(tried, routes.size());
            std::optional<report> outcome = co_await list(routes[index], absent);
            if (!outcome) continue;
            outcome->route = index;
            if (outcome->status == probe_status::ok) co_await ask_more(speaks, *outcome);
            co_return std::move(*outcome);
        }
        co_return std::move(*absent);
    }

    void note_times(report& found) const {
        found.phases = connection_->phases();
        found.total = std::chrono::duration_cast<std::chrono::microseconds>(steady_clock::now() - start_);
    }

private:
    http_peer peer() const {
        return {.root = order_.root,
                .key = order_.key.value_or(secret()),
                .key_may_travel_in_clear = key_may_travel_in_clear(order_.server),
                .ca_file = order_.server.ca_file};
    }

    /// The route that answered the last time comes first, the others keep their order.
    std::size_t nth_route(std::size_t n, std::size_t count) const {
        const std::size_t first = order_.first_route < count ? order_.first_route : 0;
        if (n == 0) return first;
        return n <= first ? n - 1 : n;
    }

    std::chrono::milliseconds elapsed() const {
        return std::chrono::ceil<std::chrono::milliseconds>(steady_clock::now() - start_);
    }

    report with_latency(report judged) const {
        judged.latency = elapsed();
        return judged;
    }

    report judge(const failure& none) const {
        // Not a verdict about the server: the daemon is stopping, or the probe was called off.
        if (none.why == failure::reason::cancelled) throw boost::system::system_error(asio::error::operation_aborted);
        return judge_failure(about_, none);
    }

    /// Reads one route, page by page. nullopt: nothing is there; `absent` then says so, in the words of the route that
    /// was tried first.
    asio::awaitable<std::optional<report>> list(const route& from, std::optional<report>& absent) {
        report found;
        std::unordered_set<std::string> seen;
        std::uint64_t bytes = 0;
        http_request request{.target = from.target, .auth = from.auth, .headers = from.headers};
        for (std::size_t pages = 1;; ++pages) {
            const auto reply = co_await connection_->fetch(request);
            if (!reply) co_return judge(reply.error());
            if (pages == 1) found.latency = elapsed();
            const bool good = reply->status / 100 == 2;
            page read = good ? from.read(*reply, request.target, order_.root, order_.limits.models) : page{};
            const bool listing = good && read.what == page::shape::listing;
            if (!listing) {
                report judged =
                    with_latency(good ? judge_page(about_, *reply, read, request.target)
                                      : judge_status(about_, *reply, request.target, std::chrono::system_clock::now()));
                if (pages > 1 || !is_absent(*reply, good ? &read : nullptr)) co_return judged;
                if (!absent) absent = std::move(judged);
                co_return std::nullopt;
            }
            hide_key(read.models, about_.key);
            bytes += reply->body.size();
            if (pages == 1 && read.next.empty()) {
                found.models = std::move(read.models);
                break;
            }
            const std::size_t before = found.models.size();
            for (model& one : read.models) {
                if (found.models.size() < order_.limits.models && seen.insert(one.id).second)
                    found.models.push_back(std::move(one));
            }
            const bool nothing_new = found.models.size() == before && !read.models.empty();
            const bool enough = pages >= order_.limits.pages || bytes >= order_.limits.body_bytes ||
                                found.models.size() >= order_.limits.models;
            if (read.next.empty() || nothing_new || enough) break;
            request.target = read.next;
        }
        found.status = probe_status::ok;
        co_return found;
    }

    asio::awaitable<void> ask_more(const dialect& speaks, report& listed) {
        for (const follow_up& question : speaks.follow_ups(order_.root, order_.key.has_value())) {
            const http_request request{.target = question.target, .auth = question.auth, .headers = {}};
            const auto reply = co_await connection_->fetch(request);
            if (!reply && reply.error().why == failure::reason::cancelled) judge(reply.error());
            if (!reply) co_return;
            question.apply(*reply, listed);
            if (listed.status == probe_status::ok) continue;
            // The open listing was fine, and the key is not: the words come from the answer that said so.
            report judged = judge_status(about_, *reply, question.target, std::chrono::system_clock::now());
            judged.latency = listed.latency;
            listed = std::move(judged);
            co_return;
        }
    }

    inline static const secret no_key_;

    const probe_order& order_;
    steady_clock::time_point start_;
    verdict_subject about_;
    std::unique_ptr<http_connection> connection_;
};

}  // namespace

asio::awaitable<report> probe(http_transport& transport, probe_order order) {
    if (auto refused = refuse_probe(order.server, order.root, order.key.has_value())) co_return std::move(*refused);
    cycle probing(transport, order);
    report found = co_await probing.run();
    probing.note_times(found);
    co_return found;
}

}  // namespace opd
