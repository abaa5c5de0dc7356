#pragma once

#include "tests/e2e/rest.hpp"

#include <boost/json.hpp>

#include <cstddef>
#include <filesystem>
#include <random>
#include <string>
#include <string_view>

namespace opd::test {

/// What GET must tell of a configuration: the declared servers without their probes, the delegators, the defaults.
struct config_model {
    boost::json::array servers;
    boost::json::array delegators;
    boost::json::object defaults{{"tool", ""}, {"model", ""}};

    /// What the file `NAME.json` in tests/data/config says of `NAME.toml`.
    static config_model expected_of(std::string_view name);

    boost::json::object& server(std::size_t index) { return servers.at(index).as_object(); }

    boost::json::object& delegator(std::size_t index) { return delegators.at(index).as_object(); }

    std::string name_of_server(std::size_t index) const { return text(servers.at(index).at("name")); }

    std::string name_of_delegator(std::size_t index) const { return text(delegators.at(index).at("name")); }

    /// Whether a delegator names the server.
    bool is_in_use(std::string_view server) const;

private:
    static std::string text(const boost::json::value& from) { return std::string(from.as_string()); }
};

/// Adds the further fields of a server that are not there, as they are told then.
void add_defaults(boost::json::object& server);

/// What the daemon tells otherwise than the model; empty: nothing. The client must be on the unix socket.
std::string differences(const config_model&, rest_client&);

/// Entries that could be anybody's, hard to write down in TOML. The same for the same seed.
class entry_maker {
public:
    explicit entry_maker(unsigned seed) : random_(seed) {}

    std::size_t below(std::size_t limit) { return random_() % limit; }

    bool once_in(std::size_t times) { return below(times) == 0; }

    boost::json::object server(std::string_view name);
    /// It names one of the model's servers, a builtin one, or none.
    boost::json::object delegator(std::string_view name, const config_model&);
    /// A name that nobody has yet.
    std::string name();
    /// A base URL that nobody has yet, on a port that refuses.
    std::string base_url();

private:
    std::string text();
    std::string line();
    boost::json::value any(int depth);
    boost::json::object table(int depth);

    std::mt19937 random_;
    int names_ = 0;
};

}  // namespace opd::test
