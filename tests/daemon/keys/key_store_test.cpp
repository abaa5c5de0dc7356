#include "daemon/keys/key_store.hpp"

#include "tests/daemon/recorded_log.hpp"
#include "tests/support/temp_folder.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <stdlib.h>
#include <sys/stat.h>

using namespace opd;
using namespace opd::keys;
using namespace opd::test;
namespace fs = std::filesystem;

namespace {

using names = std::vector<std::string>;

/// A store with all its places in a fresh folder, and what it has told.
struct scene {
    temp_folder folder;
    fs::path file = folder.path() / "keys.env";
    recorded_log log;
    std::vector<names> told;
    key_store store;

    explicit scene(key_limits limits = {})
        : store(
              {.credentials = folder.path() / "credentials", .keys_file = file, .limits = limits},
              [this](std::span<const std::string> changed) { told.emplace_back(changed.begin(), changed.end()); },
              log.logger()) {
        fs::create_directory(folder.path() / "credentials");
    }

    void write_keys(std::string_view text, mode_t mode = 0600) {
        folder.write("keys.env", text);
        ::chmod(file.c_str(), mode);
        read();
    }

    /// As after SIGHUP.
    void read() { store.take_over(read_keys(store.places())); }

    /// `VALUE from SOURCE`, or `none`.
    std::string find(std::string_view name) const {
        const key_search search = store.find(name);
        if (!search.found) return "none";
        return fmt::format("{} from {}", search.found->value.reveal(), to_string(search.found->source));
    }

    bool push(const std::string& name, std::string_view value) { return store.push(name, secret(value)); }
};

/// A variable of this program, for a while.
class variable {
public:
    variable(const char* name, const char* value) : name_(name) { ::setenv(name, value, 1); }

    variable(const variable&) = delete;
    variable& operator=(const variable&) = delete;

    ~variable() { ::unsetenv(name_); }

private:
    const char* name_;
};

}  // namespace

TEST_CASE("a key is what was pushed, else a credential, else in keys.env, else in the environment") {
    scene all;
    const variable set("OPERATOR_TEST_KEY", "4");
    CHECK(all.find("OPERATOR_TEST_KEY") == "4 from environment");
    all.write_keys("OPERATOR_TEST_KEY=3\n");
    CHECK(all.find("OPERATOR_TEST_KEY") == "3 from keys.env");
    all.folder.write("credentials/OPERATOR_TEST_KEY", "2\n");
    CHECK(all.find("OPERATOR_TEST_KEY") == "3 from keys.env");
    all.read();
    CHECK(all.told.back() == names{"OPERATOR_TEST_KEY"});
    CHECK(all.find("OPERATOR_TEST_KEY") == "2 from credentials");
    CHECK(all.push("OPERATOR_TEST_KEY", "1"));
    CHECK(all.find("OPERATOR_TEST_KEY") == "1 from pushed");
    CHECK(all.store.forget("OPERATOR_TEST_KEY"));
    CHECK(all.find("OPERATOR_TEST_KEY") == "2 from credentials");
    CHECK_FALSE(all.store.forget("OPERATOR_TEST_KEY"));
    CHECK(all.find("OPERATOR_TEST_OTHER") == "none");
}

TEST_CASE("a store without places knows what was pushed, and the environment") {
    recorded_log log;
    key_store store({}, [](auto) {}, log.logger());
    const variable set("OPERATOR_TEST_KEY", "env");
    store.take_over(read_keys(store.places()));
    CHECK(store.find("OPERATOR_TEST_KEY").found->source == key_source::environment);
    CHECK(store.push("OPERATOR_TEST_KEY", secret("pushed")));
    CHECK(store.find("OPERATOR_TEST_KEY").found->source == key_source::pushed);
}

TEST_CASE("who asks is told which names have another value now, and only those") {
    scene all;
    all.push("A", "1");
    CHECK(all.told == std::vector<names>{{"A"}});
    all.push("A", "1");
    CHECK(all.told.size() == 1);
    all.push("A", "2");
    CHECK(all.told.size() == 2);

    all.write_keys("A=2\nB=1\nC=1\n");  // A is still what was pushed
    CHECK(all.told.back() == names{"B", "C"});
    all.write_keys("A=2\nB=1\nC=2\n");
    CHECK(all.told.back() == names{"C"});
    all.write_keys("# nothing new\nA=2\nB=1\nC=2\n");
    CHECK(all.told.size() == 4);
    all.store.forget("A");  // the same value stands in keys.env
    CHECK(all.told.size() == 4);
    fs::remove(all.file);
    all.read();
    CHECK(all.told.back() == names{"A", "B", "C"});
    CHECK(all.find("B") == "none");
}

TEST_CASE("the names are those of what was pushed and of what stands in keys.env") {
    scene all;
    all.push("P", "1");
    all.write_keys("F=1\nP=2\n");
    CHECK(all.store.names() == names{"F", "P"});
}

TEST_CASE("only so many keys can be pushed, but each of them can be replaced") {
    scene all(key_limits{.pushed_keys = 2});
    CHECK(all.push("A", "1"));
    CHECK(all.push("B", "1"));
    CHECK_FALSE(all.push("C", "1"));
    CHECK(all.push("B", "2"));
    CHECK(all.find("B") == "2 from pushed");
    CHECK(all.find("C") == "none");
    CHECK(all.store.forget("A"));
    CHECK(all.push("C", "1"));
    CHECK(key_limits().pushed_keys == 256);
}

TEST_CASE("keys.env that others can read is refused as a whole, and the log says so once") {
    scene all;
    all.write_keys("A=hush\n");
    all.write_keys("A=hush\n", 0644);
    all.read();
    const std::string why = fmt::format("{0}: mode 0644 lets others read it; chmod 600 {0}", all.file.string());
    CHECK(all.find("A") == "none");
    CHECK(all.told == std::vector<names>{{"A"}, {"A"}});
    CHECK(all.store.keys_file_errors() == names{why});
    CHECK(all.log.lines() == names{fmt::format("info {}: 1 keys", all.file.string()), "warning " + why,
                                   fmt::format("info {}: 0 keys", all.file.string())});
    ::chmod(all.file.c_str(), 0600);
    all.read();
    CHECK(all.find("A") == "hush from keys.env");
    CHECK(all.store.keys_file_errors().empty());
}

TEST_CASE("lines of keys.env that are wrong are named in the log, once, and the others count") {
    scene all;
    all.write_keys("hush\nA=1\n");
    all.read();
    CHECK(all.find("A") == "1 from keys.env");
    const std::string fault = fmt::format("{}:1: there is no \"=\"; write NAME=value", all.file.string());
    CHECK(all.store.keys_file_errors() == names{fault});
    CHECK(all.log.lines() == names{"warning " + fault, fmt::format("info {}: 1 keys", all.file.string())});
    all.write_keys("A=1\n");
    CHECK(all.store.keys_file_errors().empty());
}

TEST_CASE("a source that should come first but cannot be used is named, and the next one counts") {
    scene all;
    all.folder.write("credentials/A", "hu\nsh\n");
    all.write_keys("A=1\n");
    CHECK(all.find("A") == "1 from keys.env");
    CHECK(all.store.find("A").error ==
          "the credential A holds a control character, which no HTTP header can; load another one, and restart "
          "operatord");
    all.push("A", "2");
    CHECK(all.store.find("A").error.empty());
    CHECK(all.store.find("B").error.empty());
}

TEST_CASE("credentials stay in force while their folder cannot be read, and the log says so once") {
    scene all;
    const fs::path folder = all.folder.path() / "credentials";
    all.folder.write("credentials/A", "hush\n");
    all.read();
    fs::rename(folder, all.folder.path() / "aside");
    for (int i = 0; i != 2; ++i) {
        all.read();
        CHECK(all.find("A") == "hush from credentials");
    }
    const std::string missing = fmt::format(
        "warning {}: cannot be read: No such file or directory; make it and its folder readable for the user who runs "
        "operatord",
        folder.string());
    CHECK(all.log.lines() == names{missing});
    all.folder.write("credentials", "");
    all.read();
    CHECK(all.find("A") == "hush from credentials");
    REQUIRE(all.log.lines().size() == 2);
    CHECK(all.log.lines().back().find(": cannot be read: Not a directory; ") != std::string::npos);
    CHECK(all.told == std::vector<names>{{"A"}});

    fs::remove(folder);
    fs::create_directory(folder);
    all.read();
    CHECK(all.find("A") == "none");
    fs::remove(folder);
    all.read();
    REQUIRE(all.log.lines().size() == 3);
    CHECK(all.log.lines().back() == missing);
}

TEST_CASE("more credentials than are taken are said, once") {
    scene all(key_limits{.credentials = 2});
    all.folder.write("credentials/A", "1");
    all.folder.write("credentials/B", "1");
    all.folder.write("credentials/not-a-key", "hush");
    all.read();
    CHECK(all.log.lines().empty());
    all.folder.write("credentials/C", "hush");
    all.read();
    all.read();
    CHECK(all.told.size() == 1);
    CHECK(all.log.lines() ==
          names{fmt::format("warning {}: holds more than 2 keys, and those beyond are not taken; load fewer "
                            "credentials, and restart operatord",
                            (all.folder.path() / "credentials").string())});
    CHECK(key_limits().credentials == 1000);
}

TEST_CASE("the log names keys and tells no value") {
    scene all;
    all.push("LAB_KEY", "hush");
    all.store.forget("LAB_KEY");
    CHECK(all.log.lines() == names{"info the key LAB_KEY was pushed", "info the pushed key LAB_KEY was forgotten"});
}
