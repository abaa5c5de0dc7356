#pragma once

#include <algorithm>
#include <chrono>
#include <thread>

namespace opd {

/// Waits for another program to end what it does: 1 ms, 2 ms, then 4 ms at a time. Blocks.
class patience {
public:
    explicit patience(std::chrono::milliseconds in_all) : left_(in_all) {}

    /// False: it is used up.
    bool wait() {
        if (left_ <= std::chrono::milliseconds(0)) return false;
        const auto nap = std::min(next_, left_);
        std::this_thread::sleep_for(nap);
        left_ -= nap;
        next_ = std::min(2 * next_, std::chrono::milliseconds(4));
        return true;
    }

private:
    std::chrono::milliseconds left_;
    std::chrono::milliseconds next_{1};
};

}  // namespace opd
