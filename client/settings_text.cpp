#include "client/settings_text.hpp"

#include "config/base/utf8.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace opd {
namespace {

namespace json = boost::json;

constexpr std::size_t indent = 2;

json::parse_options lenient() {
    json::parse_options options;
    options.allow_comments = true;
    options.allow_trailing_commas = true;
    options.allow_invalid_utf8 = true;
    return options;
}

/// Reads past what a lenient parser has accepted.
class scanner {
public:
    scanner(std::string_view text, std::size_t at) : text_(text), at_(at) {}

    std::size_t at() const { return at_; }
    char next() const { return at_ < text_.size() ? text_[at_] : '\0'; }
    void step() { ++at_; }

    void skip_blanks() {
        while (at_ < text_.size()) {
            const std::string_view rest = text_.substr(at_);
            if (rest.starts_with("//"))
                at_ = std::min(text_.find('\n', at_), text_.size());
            else if (rest.starts_with("/*"))
                at_ = std::min(text_.find("*/", at_ + 2), text_.size() - 2) + 2;
            else if (std::string_view(" \t\r\n").find(rest.front()) != std::string_view::npos)
                ++at_;
            else
                return;
        }
    }

    void skip_text() {
        for (++at_; next() != '"' && at_ < text_.size(); ++at_)
            if (next() == '\\') ++at_;
        ++at_;
    }

    void skip_value() {
        if (next() == '"') return skip_text();
        if (next() != '{' && next() != '[') {
            at_ = std::min(text_.find_first_of(",]} \t\r\n/", at_), text_.size());
            return;
        }
        std::size_t depth = 0;
        do {
            skip_blanks();
            const char c = next();
            if (c == '"') {
                skip_text();
                continue;
            }
            if (c == '{' || c == '[') ++depth;
            if (c == '}' || c == ']') --depth;
            ++at_;
        } while (depth > 0 && at_ < text_.size());
    }

private:
    std::string_view text_;
    std::size_t at_;
};

struct member {
    std::string name;
    std::size_t begin = 0;  ///< of the name
    std::size_t value = 0;
    std::size_t end = 0;  ///< of the value
};

struct object_text {
    std::vector<member> members;
    std::size_t open = 0, close = 0;  ///< of the braces
};

object_text read_object(std::string_view text, std::size_t open) {
    object_text out{.members = {}, .open = open};
    scanner in(text, open);
    in.step();
    for (in.skip_blanks(); in.next() == '"'; in.skip_blanks()) {
        member one{.name = {}, .begin = in.at()};
        in.skip_text();
        one.name = json::parse({text.data() + one.begin, in.at() - one.begin}, {}, lenient()).as_string();
        in.skip_blanks();
        in.step();  // the colon
        in.skip_blanks();
        one.value = in.at();
        in.skip_value();
        one.end = in.at();
        in.skip_blanks();
        if (in.next() == ',') in.step();
        out.members.push_back(std::move(one));
    }
    out.close = in.at();
    return out;
}

std::string written(const json::value& value, std::size_t depth) {
    const json::object* const object = value.if_object();
    if (object == nullptr || object->empty()) return json::serialize(value);
    std::string out = "{";
    for (const auto& [name, one] : *object)
        out += fmt::format("{}\n{:{}}{}: {}", out.size() == 1 ? "" : ",", "", depth + indent, json::serialize(name),
                           written(one, depth + indent));
    return out + fmt::format("\n{:{}}}}", "", depth);
}

/// Columns before what begins here, if it is the first of its line.
std::size_t column_of(std::string_view text, std::size_t at) {
    const std::size_t line = text.rfind('\n', at) + 1;
    return std::min(text.find_first_not_of(" \t", line), at) - line;
}

/// A member that is not there yet, behind the others.
void insert(std::string& text, const object_text& into, const std::string& name, const json::value& value) {
    const bool none = into.members.empty();
    const bool in_lines = none || text.substr(into.open, into.close - into.open).find('\n') != std::string::npos;
    const std::size_t column = none ? column_of(text, into.open) + indent : column_of(text, into.members.front().begin);
    const std::string one = fmt::format("{}: {}", json::serialize(name), written(value, column));
    if (none)
        text.replace(into.open, into.close - into.open + 1,
                     fmt::format("{{\n{:{}}{}\n{:{}}}}", "", column, one, "", column - indent));
    else if (in_lines)
        text.insert(into.members.back().end, fmt::format(",\n{:{}}{}", "", column, one));
    else
        text.insert(into.members.back().end, ", " + one);
}

void erase(std::string& text, const object_text& from, std::size_t index) {
    const member& gone = from.members[index];
    if (index + 1 < from.members.size())
        text.erase(gone.begin, from.members[index + 1].begin - gone.begin);
    else if (index > 0)
        text.erase(from.members[index - 1].end, gone.end - from.members[index - 1].end);
    else
        text.replace(from.open, from.close - from.open + 1, "{}");
}

/// The value inside of objects of these names.
json::value nested(std::span<const std::string> names, const json::value& value) {
    json::value out = value;
    for (auto name = names.rbegin(); name != names.rend(); ++name) out = json::object{{*name, std::move(out)}};
    return out;
}

}  // namespace

result<json::object, std::string> read_settings(std::string_view text) {
    text.remove_prefix(byte_order_mark_of(text));
    if (text.find_first_not_of(" \t\r\n") == text.npos) return json::object();
    json::error_code error;
    json::value whole = json::parse({text.data(), text.size()}, error, {}, lenient());
    if (error) return error.message();
    if (!whole.is_object()) return std::string("it is something else");
    return std::move(whole.get_object());
}

std::string with_setting(std::string_view text, std::span<const std::string> path, const json::value* value) {
    std::string out(text);
    scanner in(text, byte_order_mark_of(text));
    in.skip_blanks();
    if (in.next() != '{') return value == nullptr ? out : written(nested(path, *value), 0) + '\n';
    std::size_t at = in.at();
    for (std::size_t depth = 0; depth < path.size(); ++depth) {
        const object_text object = read_object(text, at);
        const auto found = std::ranges::find(object.members, path[depth], &member::name);
        const bool last = depth + 1 == path.size();
        const auto rest = path.subspan(depth + 1);
        if (found == object.members.end()) {
            if (value != nullptr) insert(out, object, path[depth], nested(rest, *value));
            return out;
        }
        if (last && value == nullptr) {
            erase(out, object, static_cast<std::size_t>(found - object.members.begin()));
            return out;
        }
        if (last || text[found->value] != '{') {
            if (value != nullptr)
                out.replace(found->value, found->end - found->value,
                            written(nested(rest, *value), column_of(text, found->begin)));
            return out;
        }
        at = found->value;
    }
    return out;
}

}  // namespace opd
