#include "daemon/program.hpp"

int main(int argc, char** argv) {
    return opd::run_operatord(argc, argv);
}
