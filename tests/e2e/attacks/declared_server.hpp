#pragma once

#include "tests/e2e/attacks/arena.hpp"

#include <boost/json.hpp>

#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>

namespace opd::test {

/// The daemon does not take a model server; the text says why.
struct not_taken : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// A model server that the attacker has had the user declare to arena::holder(). It is removed with the object.
class declared_server {
public:
    /// `more`: further fields, as the REST interface takes them. Throws not_taken.
    declared_server(arena&, std::string_view kind, std::string_view base_url, const boost::json::object& more = {});
    ~declared_server();
    declared_server(const declared_server&) = delete;
    declared_server& operator=(const declared_server&) = delete;

    const std::string& name() const { return name_; }

    /// What its first probe has found, once it has ended.
    boost::json::value models() const;
    std::string status() const;
    /// How many models that has listed.
    std::size_t count_models() const;
    /// What an agent would be launched with on it.
    std::string plan(std::string_view tool) const;
    /// What has been logged since it was declared.
    std::string logged() const;
    /// All that is told about it by then: both interfaces, operatorctl, and the log.
    std::string all_that_is_told() const;

private:
    arena& where_;
    running_daemon& daemon_;
    std::string name_;
    std::size_t log_before_;
};

/// The fields of a server that gets holder_key.
boost::json::object with_key();

}  // namespace opd::test
