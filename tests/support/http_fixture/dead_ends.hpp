#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace opd::test {

/// A port of 127.0.0.1 that refuses connections for as long as the object lives: it is bound, so nobody else gets it,
/// but nobody listens. Throws std::system_error where it cannot be had.
class refusing_port {
public:
    refusing_port();
    ~refusing_port();
    refusing_port(const refusing_port&) = delete;
    refusing_port& operator=(const refusing_port&) = delete;

    std::uint16_t port() const { return port_; }

    std::string base_url() const;

private:
    int descriptor_ = -1;
    std::uint16_t port_ = 0;
};

/// A port of 127.0.0.1 on which connecting never ends, as behind a firewall that drops packets: its queue of
/// connections is full and nobody accepts. Throws as above.
class silent_port {
public:
    silent_port();
    ~silent_port();
    silent_port(const silent_port&) = delete;
    silent_port& operator=(const silent_port&) = delete;

    std::uint16_t port() const { return port_; }

    std::string base_url() const;

private:
    int descriptor_ = -1;
    std::uint16_t port_ = 0;
    std::vector<int> fillers_;
};

}  // namespace opd::test
