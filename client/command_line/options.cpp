#include "client/command_line/options.hpp"

#include "config/base/utf8.hpp"
#include "config/model/names.hpp"

#include <string_view>

namespace opd {

CLI::Validator rule(std::function<std::string(const std::string&)> check) {
    return {[check = std::move(check)](std::string& given) { return check(given); }, ""};
}

const CLI::Validator& is_text() {
    static const CLI::Validator check = rule([](const std::string& given) {
        return find_invalid_utf8(given) == given.npos ? std::string() : std::string("is not UTF-8");
    });
    return check;
}

const CLI::Validator& is_name() {
    static const CLI::Validator check = rule([](const std::string& given) {
        const auto checked = check_name(given);
        return checked ? std::string() : checked.error().message;
    });
    return check;
}

const CLI::Validator& is_variable() {
    static const CLI::Validator check = rule([](const std::string& given) {
        const auto checked = check_env_name(given);
        return checked ? std::string() : checked.error().message;
    });
    return check;
}

const CLI::Validator& is_assignment() {
    static const CLI::Validator check = rule([](const std::string& given) {
        const std::size_t equals = given.find('=');
        if (equals == given.npos) return std::string("is not of the form NAME=VALUE");
        const auto name = check_env_name(std::string_view(given).substr(0, equals));
        if (!name) return name.error().message;
        const auto value = check_env_value(std::string_view(given).substr(equals + 1));
        return value ? std::string() : value.error().message;
    });
    return check;
}

CLI::App* add_group(CLI::App& parent, const char* name, const char* description) {
    CLI::App* group = parent.add_subcommand(name, description);
    group->fallthrough();
    group->require_subcommand(0, 1);
    return group;
}

void add_name(CLI::App* command, std::string& into, const char* description, const char* shown) {
    command->add_option(shown, into, description)->required()->type_name("")->check(is_name());
}

CLI::Option* add_text(CLI::App* command, const char* name, std::optional<std::string>& into, const char* type,
                      const char* description) {
    return command
        ->add_option_function<std::string>(
            name, [&into](const std::string& given) { into = given; }, description)
        ->type_name(type)
        ->check(is_text());
}

CLI::Option* add_repeatable(CLI::App* command, const char* name, std::vector<std::string>& into, const char* type,
                            const char* description) {
    return command
        ->add_option_function<std::vector<std::string>>(
            name, [](const std::vector<std::string>&) {}, description)
        ->allow_extra_args(false)
        ->each([&into](const std::string& given) { into.push_back(given); })
        ->type_name(type);
}

}  // namespace opd
