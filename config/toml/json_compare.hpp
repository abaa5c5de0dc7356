#pragma once

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace opd {

/// Equal by what they mean: 1 is 1.0, and the order of members does not matter.
bool same_value(const boost::json::value&, const boost::json::value&);

/// A step from one array to another.
struct array_step {
    enum class type : std::uint8_t { keep, change, remove, insert };
    type what = type::keep;
    std::size_t before = 0;  ///< place in the old array; of `insert`: how many old elements stand before it
    std::size_t after = 0;   ///< place in the new array; not of `remove`

    bool operator==(const array_step&) const = default;
};

/// The way from one array to the other that keeps the most elements (very long arrays: those at both ends); each old
/// and each new element occurs in one step, in order.
std::vector<array_step> steps_between(const boost::json::array& before, const boost::json::array& after);

}  // namespace opd
