#include "client/doctor/doctor.hpp"

#include "client/text.hpp"
#include "config/json_reader.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace opd {
namespace {

namespace json = boost::json;

constexpr std::array<std::string_view, 3> severity_words{"ok", "warning", "problem"};
constexpr std::array<tint, 3> tints{tint::good, tint::warning, tint::bad};

std::size_t index(severity how_bad) { return static_cast<std::size_t>(how_bad); }

std::size_t count(const findings& all, severity how_bad) {
    return static_cast<std::size_t>(std::ranges::count(all, how_bad, &finding::how_bad));
}

}  // namespace

bool has_problem(const findings& all) { return count(all, severity::problem) != 0; }

std::string show_findings(const findings& all, const view& how) {
    std::string out;
    for (const finding& one : all) {
        const std::size_t at = index(one.how_bad);
        const std::string sign = tinted(fmt::format("{:<7}", severity_words[at]), tints[at], how.colour);
        out += fmt::format("{}  {}: {}\n", sign, one.about, printable(one.text));
        if (!one.remedy.empty()) out += fmt::format("           {}\n", printable(one.remedy));
    }
    const std::size_t problems = count(all, severity::problem);
    const std::size_t warnings = count(all, severity::warning);
    if (problems + warnings == 0) return out + "\nnothing is wrong\n";
    return out + fmt::format("\n{}, {}\n", plural(problems, "problem"), plural(warnings, "warning"));
}

std::string encode_findings(const findings& all) {
    json::array list;
    for (const finding& one : all)
        list.push_back(json::object{{"severity", severity_words[index(one.how_bad)]},
                                    {"about", one.about},
                                    {"text", one.text},
                                    {"remedy", text_or_null(one.remedy)}});
    return json::serialize(json::object{{"findings", std::move(list)},
                                        {"problems", count(all, severity::problem)},
                                        {"warnings", count(all, severity::warning)}});
}

findings check_all(const doctor_facts& facts) {
    findings out;
    const auto add = [&out](findings more) { std::ranges::move(more, std::back_inserter(out)); };
    add(check_service(facts.service));
    add(check_socket(facts.socket, how_to_start(facts.service)));
    add(check_configuration(facts.configuration));
    add(check_keys(facts.servers));
    add(check_servers(facts.servers));
    add(check_proxies(facts.proxies, facts.servers.servers));
    add(check_agents(facts.agents));
    return out;
}

outcome run(const command::doctor&, const command_context& context) {
    const findings all = check_all(gather_facts(context));
    outcome end = context.json ? document(encode_findings(all)) : say(show_findings(all, view_of(context)));
    if (has_problem(all)) end.exit_code = exit_failed;
    return end;
}

}  // namespace opd
