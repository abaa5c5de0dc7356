#pragma once

#include "config/result.hpp"
#include "daemon/api/precondition.hpp"
#include "daemon/http/message.hpp"

#include <boost/json/object.hpp>

namespace opd {

/// What a POST or PUT asks for.
struct write_order {
    precondition condition;
    boost::json::object members;
};

// The error is the answer to a request that is not understood.

result<write_order, answer> read_write(const request&);
result<precondition, answer> read_condition(const request&);

}  // namespace opd
