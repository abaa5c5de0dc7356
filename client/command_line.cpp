#include "client/command.hpp"
#include "client/command_line/options.hpp"
#include "client/text.hpp"
#include "config/base/completion.hpp"
#include "config/base/suggest.hpp"
#include "config/base/utf8.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <string_view>
#include <vector>

namespace opd {
namespace {

using words = std::vector<std::string>;

/// An unknown first word is no subcommand for CLI11, so that it only misses one.
std::string usage_error(const CLI::App& app, const CLI::ParseError& error) {
    const words left_over = app.remaining(true);
    if (left_over.empty() || left_over.front().starts_with('-') || !app.get_subcommands().empty()) return error.what();
    words names;
    for (const CLI::App* command : app.get_subcommands({})) names.push_back(command->get_name());
    const std::vector<std::string_view> candidates(names.begin(), names.end());
    const std::string suggestion = did_you_mean(closest_or_part(left_over.front(), candidates));
    return fmt::format("unknown command {}{}{}", in_quotes(left_over.front()), suggestion.empty() ? "" : "; ",
                       suggestion);
}

outcome refuse(std::string_view text) {
    return {.err = fmt::format("operatorctl: {}\nTry: operatorctl --help\n", printable(text)), .exit_code = exit_usage};
}

template <class... Commands>
bool is_any_of(const command::any& what) {
    return (std::holds_alternative<Commands>(what) || ...);
}

/// What CLI11 cannot express. Empty: nothing is wrong.
std::string misuse(const invocation& asked) {
    const auto* launch = std::get_if<command::launch>(&asked.what);
    const bool service =
        is_any_of<command::service_install, command::service_uninstall, command::service_status, command::service_logs>(
            asked.what);
    if (service && asked.json) return "service has no answer in JSON; leave --json out";
    if (asked.url && (service || std::holds_alternative<command::doctor>(asked.what)))
        return "service and doctor look at this machine; leave --url out";
    if (launch == nullptr && asked.url && needs_socket(asked.what))
        return "keys go over the unix socket of operatord alone, never over --url; leave --url out, or name the socket "
               "with --socket PATH";
    if (launch == nullptr) return {};
    if (asked.url)
        return "launch needs the unix socket of operatord, since it hides values of extra_env from --url; leave --url "
               "out, or name the socket with --socket PATH";
    if (asked.json && !launch->print) return "--json goes with launch --print";
    return {};
}

bool takes_value(const CLI::App& app, const std::string& word) {
    const auto is_it = [&word](const CLI::Option* option) {
        return option->get_items_expected_max() > 0 && option->check_name(word);
    };
    return !app.get_options(is_it).empty() ||
           std::ranges::any_of(app.get_subcommands({}),
                               [&word](const CLI::App* sub) { return takes_value(*sub, word); });
}

/// `--name=` as two words: CLI11 would take the word behind it for the value.
words with_empty_values(words given, const CLI::App& app) {
    for (std::size_t i = 0; i < given.size(); ++i) {
        const bool ends_empty = given[i].starts_with("--") && given[i].find('=') == given[i].size() - 1;
        if (!ends_empty || (i > 0 && takes_value(app, given[i - 1]))) continue;
        given[i].pop_back();
        given.insert(given.begin() + static_cast<std::ptrdiff_t>(i) + 1, std::string());
    }
    return given;
}

struct reading {
    std::variant<invocation, outcome> result;
    bool of_launch = false;
};

reading read(words given) {
    invocation into;
    CLI::App app("The models of your model servers, from the daemon operatord.", "operatorctl");
    describe(app, into, &given);
    const auto of_launch = [&app] { return app.got_subcommand("launch"); };
    try {
        given = with_empty_values(std::move(given), app);
        std::ranges::reverse(given);  // as CLI11 wants them
        app.parse(std::move(given));
    } catch (const CLI::CallForHelp&) {
        return {outcome{.out = app.help()}, of_launch()};
    } catch (const CLI::CallForVersion& version_text) {
        return {outcome{.out = fmt::format("{}\n", version_text.what())}, of_launch()};
    } catch (const CLI::ParseError& error) {
        return {refuse(usage_error(app, error)), of_launch()};
    }
    if (const std::string wrong = misuse(into); !wrong.empty()) return {refuse(wrong), of_launch()};
    return {std::move(into), of_launch()};
}

/// What the shell asks while a command line is typed (client/completion).
std::variant<invocation, outcome> answer_completion(std::span<const std::string> typed) {
    invocation unused;
    CLI::App app("", "operatorctl");
    describe(app, unused, nullptr);
    const completion found = complete(app, typed);
    if (found.names.empty()) return outcome{.out = completion_lines(found)};
    return invocation{.what = command::names{.of = found.names, .typed = typed.back()}};
}

}  // namespace

bool needs_socket(const command::any& what) {
    return is_any_of<command::launch, command::keys_list, command::keys_push, command::keys_forget>(what);
}

std::variant<invocation, outcome> parse_command_line(int argc, const char* const* argv) {
    const words all(argv + std::min(argc, 1), argv + argc);
    if (!all.empty() && all.front() == "__complete") return answer_completion(std::span(all).subspan(1));
    const auto separator = std::ranges::find(all, "--");
    // What launch passes on never goes through CLI11, which would take it for options of ours or drop a second `--`.
    reading first = read(words(all.begin(), separator));
    if (separator == all.end()) return std::move(first.result);
    if (!first.of_launch) return read(all).result;
    if (auto* asked = std::get_if<invocation>(&first.result))
        std::get<command::launch>(asked->what).arguments.assign(separator + 1, all.end());
    return std::move(first.result);
}

}  // namespace opd
