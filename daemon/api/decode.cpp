#include "config/base/duration.hpp"
#include "config/base/utf8.hpp"
#include "config/fields.hpp"
#include "config/json_reader.hpp"
#include "config/model/field_rules.hpp"
#include "daemon/api/answers.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <type_traits>
#include <utility>

namespace json = boost::json;

namespace opd::api {
namespace {

/// For names of tools and models that may be anything, or nothing.
result<void> check_line(std::string_view text) {
    if (has_control(text)) return problem{"must not hold a control character", {}};
    return {};
}

void expect_text(json_reader& reader, std::string field, const json::value& given) {
    if (!given.is_string()) reader.refuse_type(std::move(field), "a text", given);
}

void expect_type(json_reader& reader, const std::string& field, table_member::type wanted, const json::value& given) {
    switch (wanted) {
        case table_member::type::flag:
            if (!given.is_bool()) reader.refuse_type(field, "true or false", given);
            return;
        case table_member::type::text: expect_text(reader, field, given); return;
        case table_member::type::texts:
            if (!given.is_array()) {
                reader.refuse_type(field, "a list of texts", given);
                return;
            }
            for (std::size_t i = 0; i != given.get_array().size(); ++i)
                expect_text(reader, fmt::format("{}[{}]", field, i), given.get_array()[i]);
    }
}

std::optional<json::object> read_table(json_reader& reader, std::string_view field,
                                       std::span<const table_member> members) {
    auto table = reader.table(field);
    for (const table_member& one : table ? members : std::span<const table_member>()) {
        const json::value* const given = table->if_contains(one.name);
        if (given != nullptr) expect_type(reader, fmt::format("{}.{}", field, one.name), one.what, *given);
    }
    return table;
}

/// Reads one field of a body; the getters are named by what the member is.
template <class Entry>
struct reading {
    json_reader& reader;
    const field<Entry>& row;
    Entry& into;

    void operator()(std::string Entry::* member) const {
        into.*member = reader.required_text(
            row.in_api, [this](std::string_view text) { return check_text(row.rule, text, kind_of(into)); });
    }

    void operator()(std::optional<std::string> Entry::* member) const {
        into.*member = reader.text(row.in_api,
                                   [this](std::string_view text) { return check_text(row.rule, text, kind_of(into)); });
        if (into.*member || reader.faulty(row.in_api)) return;
        if (const std::string why = why_needed(row.rule, kind_of(into)); !why.empty())
            reader.refuse(std::string(row.in_api), problem(fmt::format("{} is missing: {}", row.in_api, why),
                                                           fmt::format("give one such as {}", row.example)));
    }

    void operator()(const kind* Entry::* member) const {
        reader.required_text(row.in_api, [&](std::string_view slug) { return take(member, kind_named(slug)); });
    }

    template <class Mode>
        requires std::is_enum_v<Mode>
    void operator()(Mode Entry::* member) const {
        reader.text(row.in_api, [&](std::string_view word) { return take(member, mode_named<Mode>(word)); });
    }

    void operator()(std::optional<std::chrono::milliseconds> Entry::* member) const {
        reader.text(row.in_api, [&](std::string_view text) { return take(member, parse_pace(row.in_api, text)); });
    }

    void operator()(bool Entry::* member) const { into.*member = reader.flag(row.in_api).value_or(false); }
    void operator()(variables Entry::* member) const { into.*member = reader.variables(row.in_api); }

    void operator()(std::optional<json::object> Entry::* member) const {
        into.*member = read_table(reader, row.in_api, row.members);
    }

private:
    template <class Member, class T>
    result<void> take(Member Entry::* member, const result<T>& read) const {
        if (!read) return read.error();
        into.*member = *read;
        return {};
    }
};

template <class T>
changed<T> if_sound(const json_reader& reader, T&& read) {
    if (!reader.sound()) return reader.refusal();
    return std::forward<T>(read);
}

}  // namespace

result<json::object> decode_body(std::string_view body, json::storage_ptr memory) {
    static const std::string next = "send a JSON object";
    if (body.empty()) return problem{"the request has no body", next};
    if (const std::size_t at = find_invalid_utf8(body); at != body.npos)
        return problem{fmt::format("the body is not UTF-8 at byte {}", at + 1), next};
    json::parser parser(memory);
    parser.reset(memory);
    json::error_code error;
    const std::size_t read = parser.write_some(body.data(), body.size(), error);
    if (!error && read != body.size()) error = json::error::extra_data;
    if (error) return problem{fmt::format("the body is not JSON: {} at byte {}", error.message(), read + 1), next};
    json::value value = parser.release();
    if (!value.is_object()) return problem{fmt::format("the body is {}", type_in_words(value)), next};
    return std::move(value.get_object());
}

template <class Entry>
changed<Entry> decode_entry(const json::object& members, std::optional<std::string> name) {
    json_reader reader(members);
    Entry read;
    for (const field<Entry>* row : api_fields_of<Entry>())
        if (name && row == fields_of<Entry>().data())
            read.name = *name;
        else
            std::visit(reading<Entry>{.reader = reader, .row = *row, .into = read}, row->member);
    return if_sound(reader, std::move(read));
}

template changed<model_server> decode_entry(const json::object&, std::optional<std::string>);
template changed<delegator> decode_entry(const json::object&, std::optional<std::string>);

std::vector<std::string_view> unsent_fields(const json::object& members) {
    std::vector<std::string_view> names;
    for (const field<model_server>& row : fields_of<model_server>())
        if (row.further && !members.contains(row.in_api)) names.push_back(row.name);
    return names;
}

changed<delegator_wish> decode_delegator_wish(const json::object& members) {
    json_reader reader(members);
    delegator_wish wish;
    wish.tool_name = reader.required_text("tool_name", check_line);
    wish.model = reader.text("model", checked_by(text_rule::model));
    wish.name = reader.text("name", check_name);
    wish.display_name = reader.text("display_name", checked_by(text_rule::display_name));
    wish.model_server = reader.text("model_server", checked_by(text_rule::model_server));
    const auto rows = fields_of<delegator>();
    const auto launch = std::ranges::find(rows, "launch_config", &field<delegator>::name);
    wish.launch_config = read_table(reader, launch->in_api, launch->members);
    return if_sound(reader, std::move(wish));
}

changed<default_tool> decode_default_tool(const json::object& members) {
    json_reader reader(members);
    default_tool read;
    read.tool = reader.present_text("tool", check_line);
    read.model = reader.present_text("model", check_line);
    return if_sound(reader, std::move(read));
}

}  // namespace opd::api
