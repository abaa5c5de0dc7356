#include "probes/http/tls.hpp"

#include "tests/probes/run_coroutine.hpp"
#include "tests/support/temp_folder.hpp"
#include "tests/support/tls_identity.hpp"

#include <doctest/doctest.h>

#include <filesystem>

#include <sys/stat.h>

using namespace opd;
using namespace opd::test;
namespace asio = boost::asio;

namespace {

result<tls_context_ptr, failure> ask(tls_contexts& contexts, const tls_contexts::ca_file& file) {
    asio::io_context io;
    return run_coroutine(io, contexts.get(file));
}

tls_context_ptr context_of(tls_contexts& contexts, const tls_contexts::ca_file& file) {
    const auto got = ask(contexts, file);
    REQUIRE(got.has_value());
    REQUIRE(*got != nullptr);
    return *got;
}

std::string refusal(tls_contexts& contexts, const std::string& file) {
    const auto got = ask(contexts, file);
    REQUIRE(got.has_error());
    CHECK(got.error().why == failure::reason::bad_ca_file);
    CHECK(got.error().at == stage::tls);
    REQUIRE(got.error().detail.starts_with(file));
    return got.error().detail.substr(file.size());
}

}  // namespace

TEST_CASE("a context is made once, until its file is another one") {
    const temp_folder folder;
    const test_authority authority;
    const test_authority other;
    const std::string file = folder.write("ca.pem", authority.certificate_pem()).string();
    tls_contexts contexts;
    const auto first = context_of(contexts, file);
    CHECK(context_of(contexts, file) == first);
    const auto common = context_of(contexts, std::nullopt);
    CHECK(common != first);
    CHECK(context_of(contexts, std::nullopt) == common);

    SUBCASE("written anew in place") { folder.write("ca.pem", other.certificate_pem() + "\n"); }
    SUBCASE("replaced") {
        folder.write("new.pem", authority.certificate_pem());
        std::filesystem::rename(folder.path() / "new.pem", file);
    }
    SUBCASE("removed for a while") {
        std::filesystem::rename(file, folder.path() / "away.pem");
        CHECK(refusal(contexts, file) == ": No such file or directory");
        folder.write("ca.pem", authority.certificate_pem());
    }
    CHECK(context_of(contexts, file) != first);
}

TEST_CASE("what is no file of certificates is refused, and nobody waits for it") {
    const temp_folder folder;
    tls_contexts contexts;
    const std::string pipe = (folder.path() / "pipe").string();
    REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
    CHECK(refusal(contexts, pipe) == ": it is not a regular file");
    CHECK(refusal(contexts, folder.path().string()) == ": it is not a regular file");
    CHECK(refusal(contexts, folder.write("large", std::string((512 << 10) + 1, '\n')).string()) == ": File too large");
    CHECK(refusal(contexts, folder.write("empty", "").string()) ==
          ": no certificate or crl found (x509 certificate routines)");
    CHECK(refusal(contexts,
                  folder.write("bad", "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n").string()) ==
          ": bad base64 decode (PEM routines)");
}

TEST_CASE("of too many files those that were not asked for the longest are forgotten") {
    const temp_folder folder;
    const test_authority authority;
    tls_contexts contexts;
    const auto file = [&](int number) {
        return folder.write(std::to_string(number) + ".pem", authority.certificate_pem()).string();
    };
    const std::string name = file(0);
    const auto first = context_of(contexts, name);
    for (int number = 1; number <= 256; ++number) context_of(contexts, file(number));
    CHECK(first.use_count() == 1);
    CHECK(context_of(contexts, name) != first);
}
