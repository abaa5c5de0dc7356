#include "daemon/loop/log.hpp"

#include <doctest/doctest.h>

using namespace opd;
using namespace opd::loop;

TEST_CASE("a message in the log harms no terminal and starts no message of its own") {
    CHECK(log_text("") == "");
    CHECK(log_text("lab: refused -> ok, 3 models\tin 2 ms") == "lab: refused -> ok, 3 models\tin 2 ms");
    CHECK(log_text("modèle 模型") == "modèle 模型");
    CHECK(log_text("a\x1b[2Jb\rc\x7f\xC2\x9B"
                   "d\xE2\x80\xAE\xFF") == "a�[2Jb�c��d��");
    CHECK(log_text("first\n<0>second\n2026-11-22 10:00:00.000 info third") ==
          "first\n  <0>second\n  2026-11-22 10:00:00.000 info third");
    CHECK(log_text("ends\n") == "ends\n  ");
}
