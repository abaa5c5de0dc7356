#pragma once

#include "config/base/refusal.hpp"
#include "config/base/result.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace opd {

/// Getters over the members of a request's body, that check what they get. Each fault is noted and the value is then
/// empty, so that a caller reads everything and the client hears of all faults at once.
class json_reader {
public:
    /// `members` must outlive this.
    explicit json_reader(const boost::json::object& members) : members_(members) {}

    using rule = std::function<result<void>(std::string_view)>;

    /// A text that must be there, and not be empty.
    std::string required_text(std::string_view field, const rule&);
    /// A text that must be there, and may be empty.
    std::string present_text(std::string_view field, const rule&);
    /// null and an empty text count as not there.
    std::optional<std::string> text(std::string_view field, const rule&);
    /// null counts as not there.
    std::optional<bool> flag(std::string_view field);
    /// Names and values of environment variables. null counts as none.
    std::vector<std::pair<std::string, std::string>> variables(std::string_view field);
    /// A table of any content, as operator.toml can hold it: without its members that are null, which TOML does not
    /// know.
    std::optional<boost::json::object> table(std::string_view field);

    /// Also for what a caller finds out itself; the very many are cut off.
    void refuse(std::string_view field, std::string message);
    void refuse(std::string_view field, const problem&);
    /// Another type is `wanted`.
    void refuse_type(std::string_view field, std::string_view wanted, const boost::json::value& given);

    bool sound() const { return faults_.empty(); }
    bool faulty(std::string_view field) const;

    /// All that was wrong, as the answer to the client.
    change_refusal refusal() const;

private:
    const boost::json::value* find(std::string_view field) const;
    bool fits(std::string_view field, std::string_view value, const rule&);
    boost::json::value storable(const boost::json::value&, std::string_view field);
    boost::json::object storable(const boost::json::object&, std::string_view field);

    const boost::json::object& members_;
    std::vector<field_fault> faults_;
};

/// null for an empty text.
boost::json::value text_or_null(std::string_view);

/// `a text`, `a number` ...
std::string_view type_in_words(const boost::json::value&);

}  // namespace opd
