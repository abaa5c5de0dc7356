#include "client/service/service.hpp"
#include "tests/support/temp_folder.hpp"

#include <doctest/doctest.h>

using namespace opd;
using opd::test::temp_folder;

TEST_CASE("the units are those of the package, marked, and start this program") {
    const auto service = service_unit_for("/home/u/bin/operatord");
    REQUIRE(service.has_value());
    std::string expected = std::string(unit_mark) + std::string(service_unit_text);
    const std::string before = "ExecStart=/usr/bin/operatord\n";
    expected.replace(expected.find(before), before.size(), "ExecStart=/home/u/bin/operatord\n");
    CHECK(*service == expected);
    CHECK(socket_unit() == std::string(unit_mark) + std::string(socket_unit_text));
    CHECK(service_unit_text.find("\nType=notify\n") != service_unit_text.npos);
    CHECK(service_unit_text.find("\nSystemCallFilter=@system-service\n") != service_unit_text.npos);
    CHECK(socket_unit_text.find("\nListenStream=127.0.0.1:7008\n") != socket_unit_text.npos);
}

TEST_CASE("a program may be anywhere") {
    const std::pair<std::string, std::string> cases[] = {
        {"/usr/bin/operatord", "/usr/bin/operatord"},
        {"/home/u/my programs/operatord", "\"/home/u/my programs/operatord\""},
        {"/home/100%/operatord", "\"/home/100%%/operatord\""},
        {"/a\"b\\c'd;e/operatord", "\"/a\\\"b\\\\c'd;e/operatord\""},
        {"/home/m\u00fcller/operatord", "/home/m\u00fcller/operatord"},
    };
    for (const auto& [program, word] : cases) {
        CAPTURE(program);
        const auto service = service_unit_for(program);
        REQUIRE(service.has_value());
        CHECK(service->find("\nExecStart=" + word + "\n") != std::string::npos);
        CHECK(program_of_unit(*service) == program);
    }
    CHECK(service_unit_for("/a\nb/operatord").error().message == "a unit cannot name /a\\nb/operatord");
    CHECK(program_of_unit("[Service]\nType=notify\n").empty());
}

TEST_CASE("folders of units are where systemd looks for them") {
    CHECK(*unit_folder({"HOME=/home/u"}) == "/home/u/.config/systemd/user");
    CHECK(*unit_folder({"HOME=/home/u", "XDG_CONFIG_HOME=/c"}) == "/c/systemd/user");
    CHECK(unit_folder({"HOME=relative"}).error().message ==
          "neither XDG_CONFIG_HOME nor HOME is set to an absolute path");
    const auto folders = package_unit_folders({"HOME=/home/u", "XDG_DATA_DIRS=/a:relative::/b"});
    CHECK(folders == std::vector<std::filesystem::path>{"/home/u/.local/share/systemd/user", "/a/systemd/user",
                                                        "/b/systemd/user", "/etc/systemd/user",
                                                        "/usr/local/lib/systemd/user", "/usr/lib/systemd/user"});
}

TEST_CASE("only what install wrote is ours") {
    const temp_folder folder;
    CHECK(read_unit(folder.write("ours", socket_unit())).is_ours());
    CHECK_FALSE(read_unit(folder.write("theirs", socket_unit_text)).is_ours());
    CHECK_FALSE(read_unit(folder.path() / "none").is_ours());
    CHECK_FALSE(read_unit(folder.path()).text.has_value());
}
