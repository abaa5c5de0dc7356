#include "probes/prober.hpp"

#include "probes/dialects/dialect.hpp"
#include "probes/http/await.hpp"
#include "probes/key_pieces.hpp"
#include "probes/key_policy.hpp"
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

/// A step of what is read or searched: about a millisecond.
constexpr std::size_t step_bytes = std::size_t{64} << 10;

/// What is less is done at once.
constexpr std::size_t most_at_once = std::size_t{32} << 10;

/// Sorting out the pieces of a key takes as long as reading so many times its size.
constexpr std::size_t weight_of_key = 32;

constexpr std::size_t most_redirects = 2;

bool is_redirect(unsigned status) {
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

/// One probe under way. The order must outlive it.
class cycle {
public:
    cycle(http_transport& transport, const probe_order& order)
        : order_(order),
          start_(steady_clock::now()),
          pieces_(order_.key ? *order_.key : no_key_),
          about_{.server = order_.server,
                 .root = order_.root,
                 .key_env = order_.key ? key_variable(order_.server, order_.root) : std::string_view{},
                 .key = pieces_,
                 .timeout = order_.timeout},
          connection_(transport.open(peer(), {.until = start_ + order_.timeout})) {}

    asio::awaitable<report> run() {
        const dialect& speaks = dialect_of(order_.server.kind->dialect);
        const std::vector<route> routes = speaks.routes(order_.root);
        std::optional<report> absent, empty;
        for (std::size_t tried = 0; tried != routes.size(); ++tried) {
            const std::size_t index = nth_route(tried, routes.size());
            std::optional<report> outcome = co_await list(routes[index], absent);
            if (!outcome) continue;
            outcome->route = index;
            const bool listed = outcome->status == probe_status::ok;
            outcome->unversioned = routes[index].unversioned;
            if (listed && entries_ == 0 && tried + 1 != routes.size()) {
                // Another place may have more to show.
                if (!empty) empty = std::move(outcome);
                continue;
            }
            if (!listed && empty) break;
            if (listed) co_await ask_more(speaks, *outcome);
            co_return std::move(*outcome);
        }
        co_return std::move(empty ? *empty : *absent);
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

    report judge(const failure& none) const {
        // Not a verdict about the server: the daemon is stopping, or the probe was called off.
        if (none.why == failure::reason::cancelled) throw boost::system::system_error(asio::error::operation_aborted);
        return judge_failure(about_, none);
    }

    report judge(const http_reply& reply, std::string_view target) const {
        return judge_status(about_, reply, target, std::chrono::system_clock::now());
    }

    /// So much is to be read, and maybe searched for the key.
    asio::awaitable<void> wait_for_turn(std::size_t bytes) const {
        const std::size_t work = bytes + weight_of_key * pieces_.key().reveal().size();
        if (work > most_at_once) co_await heavy_step();
    }

    asio::awaitable<listing> read_list(const http_reply& reply, listing_rules rules) const {
        rules.most_models = order_.limits.models;
        if (reply.body.size() > most_at_once) co_await heavy_step();
        listing_reader reader(reply, rules);
        while (!reader.read_some(step_bytes)) co_await heavy_step();
        co_return reader.take();
    }

    /// No server may have the user's key shown in the place of a name. What is left of an id is that of no model, but
    /// says that there is something odd.
    asio::awaitable<void> hide_key(std::vector<model>& models) const {
        if (pieces_.key().empty()) co_return;
        bool hidden = false;
        std::size_t searched = 0;
        for (model& one : models) {
            for (std::string* text : {&one.id, &one.display_name}) {
                searched += text->size();
                if (!pieces_.are_in(*text)) continue;
                *text = pieces_.hidden_in(*text);
                hidden = true;
            }
            if (searched < step_bytes) continue;
            co_await heavy_step();
            searched = 0;
        }
        if (!hidden) co_return;
        std::unordered_set<std::string> seen;
        std::erase_if(models, [&seen](const model& one) { return !seen.insert(one.id).second; });
    }

    /// The answer, behind redirects within the server, and to the key in the other header where a server that is not
    /// the vendor's refuses the vendor's own.
    asio::awaitable<result<http_reply, failure>> ask(http_request& request) {
        for (std::size_t followed = 0;;) {
            auto reply = co_await fetch(*connection_, request, order_.limits);
            if (!reply) co_return reply;
            const bool other_header = reply->status == 401 && request.auth == credential::x_api_key && order_.key &&
                                      !is_vendor_host(*order_.server.kind, order_.root);
            std::string target;
            if (is_redirect(reply->status) && followed < most_redirects)
                target = same_origin_target(order_.root, reply->location);
            if (!other_header && target.empty()) co_return reply;
            if (other_header) {
                request.auth = credential::bearer;
            } else {
                request.target = std::move(target);
                ++followed;
            }
        }
    }

    /// Reads one route, page by page. nullopt: nothing is there; `absent` then says so, in the words of the route that
    /// was tried first.
    asio::awaitable<std::optional<report>> list(const route& from, std::optional<report>& absent) {
        report found;
        std::unordered_set<std::string> seen;
        std::uint64_t bytes = 0;
        entries_ = 0;
        http_request request{.target = from.target, .auth = from.auth, .headers = from.headers};
        for (std::size_t pages = 1;; ++pages) {
            const auto reply = co_await ask(request);
            if (!reply) {
                co_await wait_for_turn(0);
                co_return judge(reply.error());
            }
            if (pages == 1) found.latency = elapsed();
            const bool good = reply->status / 100 == 2;
            page read;
            if (good) {
                listing list = co_await read_list(*reply, from.rules);
                read = to_page(from, order_.root, std::move(list), request.target, reply->next_link);
            }
            const std::size_t searched = good ? reply->body.size() : 0;
            co_await wait_for_turn(searched);
            if (!good || read.what != page::shape::listing) {
                report judged = good ? judge_page(about_, *reply, read, request.target) : judge(*reply, request.target);
                judged.latency = elapsed();
                if (pages > 1 || !is_absent(*reply, good ? &read : nullptr)) co_return judged;
                if (!absent) absent = std::move(judged);
                co_return std::nullopt;
            }
            bytes += reply->body.size();
            entries_ += read.entries;
            found.lmstudio = read.lmstudio;
            co_await hide_key(read.models);
            if (pages == 1 && read.next.empty()) {
                found.models = std::move(read.models);
                break;
            }
            const std::size_t before = found.models.size();
            for (model& one : read.models)
                if (found.models.size() < order_.limits.models && seen.insert(one.id).second)
                    found.models.push_back(std::move(one));
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
        if (speaks.follow_ups == nullptr) co_return;
        for (const follow_up& question : speaks.follow_ups(order_.root, order_.key.has_value())) {
            const http_request request{.target = question.target, .auth = question.auth, .headers = {}};
            const auto reply = co_await fetch(*connection_, request, order_.limits);
            if (!reply && reply.error().why == failure::reason::cancelled) judge(reply.error());
            if (!reply) co_return;
            const listing_rules rules;
            listing list;
            if (reply->status == 200) list = co_await read_list(*reply, rules);
            question.apply(*reply, list, listed);
            if (listed.status == probe_status::ok) continue;
            // The open listing was fine, and the key is not: the words come from the answer that said so.
            report judged = judge(*reply, question.target);
            judged.latency = listed.latency;
            listed = std::move(judged);
            co_return;
        }
    }

    inline static const secret no_key_;

    const probe_order& order_;
    steady_clock::time_point start_;
    key_pieces pieces_;
    verdict_subject about_;
    std::size_t entries_ = 0;  ///< of the newest list
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
