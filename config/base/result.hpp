#pragma once

#include <boost/system/result.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace opd {

/// An expected failure, in words for the user: what happened and where, and what to do next. Never holds a secret.
struct problem {
    problem() = default;

    // Both texts together only: an aggregate could be made of one string, and result<std::string> would not know
    // whether a string is its value or its error.
    problem(std::string what, std::string next) : message(std::move(what)), hint(std::move(next)) {}

    std::string message;
    std::string hint;  ///< empty where there is nothing to advise

    /// The same, as found in a part of something.
    problem within(std::string_view part) const { return {std::string(part).append(": ").append(message), hint}; }

    /// Both in one line.
    std::string sentence() const { return hint.empty() ? message : message + "; " + hint; }
};

template <class T, class E = problem>
using result = boost::system::result<T, E>;

}  // namespace opd
