#include "client/service/service.hpp"

#include <doctest/doctest.h>

using namespace opd;

namespace {

// systemctl --user show of systemd 252, shortened
constexpr const char* shown =
    R"(Result=success
ExecStart={ path=/opt/my operator/operatord ; argv[]=/opt/my operator/operatord ; ignore_errors=no ; start_time=[n/a] ; stop_time=[n/a] ; pid=0 ; code=(null) ; status=0/0 }
Id=operatord.service
LoadState=loaded
ActiveState=inactive
SubState=dead
FragmentPath=/usr/lib/systemd/user/operatord.service
UnitFileState=disabled
NeedDaemonReload=yes

Result=success
Id=operatord.socket
LoadState=loaded
ActiveState=active
SubState=listening
FragmentPath=/usr/lib/systemd/user/operatord.socket
UnitFileState=enabled
NeedDaemonReload=no
)";

}  // namespace

TEST_CASE("what systemctl shows of both units is read") {
    const service_units units = read_units(shown);
    CHECK(units.service.is_there());
    CHECK_FALSE(units.service.is_active());
    CHECK_FALSE(units.service.is_enabled());
    CHECK(units.service.needs_reload);
    CHECK(units.service.program == "/opt/my operator/operatord");
    CHECK(units.service.file == "/usr/lib/systemd/user/operatord.service");
    CHECK(units.socket.is_active());
    CHECK(units.socket.is_enabled());
    CHECK_FALSE(units.socket.needs_reload);
    CHECK(units.socket.program.empty());
    CHECK(state_words(units) ==
          "operatord.service inactive (dead), disabled; operatord.socket active (listening), enabled");
    CHECK(encode_units(units) == R"({"service":{"load":"loaded","active":"inactive","sub":"dead","result":"success",)"
                                 R"("file_state":"disabled","file":"/usr/lib/systemd/user/operatord.service"},)"
                                 R"("socket":{"load":"loaded","active":"active","sub":"listening","result":"success",)"
                                 R"("file_state":"enabled","file":"/usr/lib/systemd/user/operatord.socket"}})");
}

TEST_CASE("states in words") {
    const std::pair<unit_state, std::string> cases[] = {
        {{}, "not installed"},
        {{.load = "not-found", .active = "inactive", .sub = "dead"}, "not installed"},
        {{.load = "masked", .active = "inactive", .sub = "dead", .file_state = "masked"}, "masked"},
        {{.load = "bad-setting", .active = "inactive"}, "bad-setting"},
        {{.load = "loaded", .active = "failed", .sub = "failed", .result = "exit-code", .file_state = "enabled"},
         "failed (exit-code), enabled"},
        {{.load = "loaded", .active = "active", .sub = "running", .result = "success"},
         "active (running), not enabled"},
    };
    for (const auto& [unit, words] : cases) CHECK(state_words(unit) == words);
    CHECK(read_units("").service.load.empty());
    CHECK(read_units("rubbish\n\n\n=\n").service.load.empty());
}
