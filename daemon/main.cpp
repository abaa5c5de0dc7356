#include "config/base/secret.hpp"
#include "daemon/app.hpp"

int main(int argc, char** argv) {
    opd::keep_memory_private();
    return opd::run_operatord(argc, argv);
}
