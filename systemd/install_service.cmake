# Run by `cmake --install`, with `bindir`, `unit_source` and `unit` set.
cmake_path(ABSOLUTE_PATH bindir BASE_DIRECTORY "${CMAKE_INSTALL_PREFIX}" NORMALIZE OUTPUT_VARIABLE programs)
file(READ "${unit_source}" text)
string(REPLACE "/usr/bin/operatord" "${programs}/operatord" text "${text}")
file(WRITE "${unit}" "${text}")
file(INSTALL "${unit}" DESTINATION "${CMAKE_INSTALL_PREFIX}/lib/systemd/user"
     PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
