#pragma once

#include "config/base/result.hpp"
#include "config/base/suggest.hpp"
#include "config/model/field_rules.hpp"
#include "config/model/llm_tools.hpp"
#include "config/model/model_server.hpp"
#include "config/toml/parse.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace opd {

/// Names and values of environment variables.
using variables = std::vector<std::pair<std::string, std::string>>;

/// A member that is known of a table of any content.
struct table_member {
    enum class type : std::uint8_t { flag, text, texts };
    std::string_view name;
    type what = type::text;
};

/// One field of a model server or a delegator: how it is called, what it must be, and who may write it. The file, the
/// REST interface and operatorctl are all read and written by these rows.
template <class Entry>
struct field {
    /// A value is absent where it is nullopt, empty (variables), or what it is by default (probe_mode, bridge_mode,
    /// bool). A plain text and a kind must be there.
    using member_pointer = std::variant<std::string Entry::*, std::optional<std::string> Entry::*,
                                        const kind * Entry::*, variables Entry::*, probe_mode Entry::*,
                                        bridge_mode Entry::*, std::optional<std::chrono::milliseconds> Entry::*,
                                        bool Entry::*, std::optional<boost::json::object> Entry::*>;

    std::string_view name;  ///< in operator.toml
    member_pointer member;
    std::string_view in_api = name;  ///< over REST
    text_rule rule = text_rule::none;
    std::string_view example = {};               ///< where one helps, as the file has it
    std::span<const table_member> members = {};  ///< of a table; more may be in it
    bool masked = false;             ///< the values may be secrets, that REST shows over the unix socket only
    bool further = false;            ///< the published clients do not know it: a replacement without it keeps its value
    std::uint8_t place_in_api = 0;   ///< REST answers with the higher ones behind; equal ones in the order of the rows
    std::string_view argument = {};  ///< of the option of operatorctl; a flag has none
    std::string_view help = {};      ///< empty: there is no such option
};

/// The rows, in the order of the file; the first is the name.
template <class Entry>
std::span<const field<Entry>> fields_of();
template <>
std::span<const field<model_server>> fields_of();
template <>
std::span<const field<delegator>> fields_of();

// What follows is there for model servers and delegators.

/// The rows in the order of REST.
template <class Entry>
const std::vector<const field<Entry>*>& api_fields_of();

/// The names in the file.
template <class Entry>
std::vector<std::string_view> field_names_of() {
    return names_of(fields_of<Entry>(), &field<Entry>::name);
}

/// The value as JSON, null where it is nullopt. Lengths of time, kinds and modes are texts, as in the file.
template <class Entry>
boost::json::value value_of(const field<Entry>&, const Entry&);

/// The kind of the server that an entry describes, as far as it has been read; null for a delegator.
inline const kind* kind_of(const model_server& server) { return server.kind; }

inline const kind* kind_of(const delegator&) { return nullptr; }

template <class Entry>
void copy_field(const field<Entry>& row, const Entry& from, Entry& to) {
    std::visit([&](auto member) { to.*member = from.*member; }, row.member);
}

/// The fields of an entry of the file that name what they would be without being named.
template <class Entry>
std::vector<std::string_view> idle_fields(const Entry&, const toml_node& written);

/// An entry as the daemon writes it. Absent fields are left out, besides the `idle` ones, that stand in the file
/// already.
template <class Entry>
boost::json::object entry_table(const Entry&, std::span<const std::string_view> idle = {});

/// Equal up to what the file does not tell apart: the order of variables, and 1 from 1.0.
template <class Entry>
bool same_entry(const Entry&, const Entry&);

}  // namespace opd
