#pragma once

#include "tests/e2e/attacks/naive_http.hpp"
#include "tests/e2e/running_daemon.hpp"
#include "tests/support/http_fixture/model_server_sim.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace opd::test {

/// What an attack must succeed against.
enum class weakness : std::uint8_t {
    no_defences,    ///< operatord and operatorctl, linked without their defences (weak/)
    naive_stub,     ///< an HTTP server that believes whatever it reads, for what the HTTP library itself refuses
    slow_stub,      ///< one that serves its clients one after the other
    greedy_stub,    ///< one that takes all that comes
    naive_program,  ///< what a program does that is written in an afternoon; the attack does it itself
};

enum class side : std::uint8_t { real, weak };

/// Where attacks take place: the programs of one side, in a fresh home. Daemons are started when an attack first asks
/// for one, and shared by those that do not ask for one of their own.
class arena {
public:
    explicit arena(side which) : which_(which) {}

    side which() const { return which_; }

    /// What the weak side is for the attack that comes next.
    void prepare(weakness kind) { weakness_ = kind; }

    /// Where the attacked HTTP server listens on 127.0.0.1: that of daemon(), or a naive one.
    std::uint16_t port();

    /// The daemon that most attacks share: on 127.0.0.1 and [::1], with one reachable server `lab` (whose extra_env
    /// has the secret `extra_secret`), the key `lab_key` in its environment, and the origin `https://tools.example.com`
    /// allowed. Also a server `for-gemini` that is not probed, and a delegator `flagged` whose flag is a command of a
    /// shell that makes a file `marker` in the home.
    running_daemon& daemon();

    /// One with a configuration, an environment and addresses of its own.
    running_daemon own_daemon(std::string_view operator_toml, process::environment extra = {},
                              std::vector<std::string> listen = {"--listen", "127.0.0.1:0"}) const;

    /// One with keys: a vendor_key for each vendor, and holder_key as LAB_KEY. It declares no server, looks up no
    /// names, gives each probe `holder_timeout`, and logs all that it can.
    running_daemon& holder();

    /// The attack is to do itself what a naive program does.
    bool is_naive() const { return which_ == side::weak && weakness_ == weakness::naive_program; }

    /// It attacks one of the stubs, at port().
    bool is_stub() const {
        return which_ == side::weak && weakness_ != weakness::no_defences && weakness_ != weakness::naive_program;
    }

    /// The name of a program of this side; `name` is that of the real one.
    std::string program(std::string_view name) const;

    struct finished {
        int exit_code = -1;
        std::string out;
        std::string err;
    };

    /// operatorctl, to its end.
    finished operatorctl(const std::vector<std::string>& words, const process::environment& = {}) const;

    /// The same as own_daemon(), for one that need not be there.
    void start(std::optional<running_daemon>&, std::string_view operator_toml, process::environment extra = {}) const;

    /// The model server `lab` of daemon().
    model_server_sim& lab();

    static constexpr std::string_view lab_key = "sk-lab-Zq7Wm4Xr9Bt2Lk6Pd1Vn8";
    static constexpr std::string_view extra_secret = "extra-secret-8Jw2Rk5Tn";
    static constexpr std::string_view vendor_key = "sk-vendor-Hc3Yf8Gs5Jv0Na6Qe";
    static constexpr std::string_view holder_key = "Lab+Zq7/Wm4=Xr9Bt2Lk6Pd1Vn8Yh";
    static constexpr std::chrono::milliseconds holder_timeout{700};

private:
    side which_;
    weakness weakness_ = weakness::no_defences;
    std::map<weakness, naive_http> stubs_;
    std::optional<model_server_sim> lab_;
    std::optional<running_daemon> daemon_;
    std::optional<running_daemon> holder_;
};

}  // namespace opd::test
