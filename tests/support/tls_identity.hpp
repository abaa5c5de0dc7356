#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace opd::test {

/// A certificate and its private key, both as PEM.
struct tls_identity {
    std::string certificate_pem;
    std::string key_pem;
};

/// What a certificate says. Times are days from now.
struct certificate_wish {
    std::string common_name = "simulated model server";
    std::vector<std::string> dns_names{};     ///< subjectAltName entries
    std::vector<std::string> ip_addresses{};  ///< subjectAltName entries, v4 or v6
    int valid_from_days = -1;
    int valid_for_days = 30;  ///< counted from today; negative: it has expired
};

/// A certificate that nobody but its owner vouches for. Throws std::runtime_error where OpenSSL refuses the wish.
tls_identity self_signed(const certificate_wish&);

/// A certificate authority of its own, made anew for every object. Errors as above.
class test_authority {
public:
    test_authority();
    ~test_authority();
    test_authority(const test_authority&) = delete;
    test_authority& operator=(const test_authority&) = delete;

    tls_identity issue(const certificate_wish&) const;
    std::string certificate_pem() const;
    /// Writes the authority's certificate to `folder`; what a `ca_file` names.
    std::filesystem::path write_certificate(const std::filesystem::path& folder) const;

private:
    struct state;
    std::unique_ptr<state> state_;
};

}  // namespace opd::test
