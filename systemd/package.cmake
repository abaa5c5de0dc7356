# What a Debian package holds besides the programs and units: manual pages, completion, and what Debian asks for; then
# the package itself. `./dev package` builds it.

install(FILES ${PROJECT_SOURCE_DIR}/SECURITY.md ${PROJECT_SOURCE_DIR}/config/operator.toml.example
        DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} RENAME copyright)

set(completion_folder ${PROJECT_SOURCE_DIR}/client/completion)
foreach(program operatorctl operatord)
  install(FILES ${completion_folder}/operator.bash
          DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME ${program})
  install(FILES ${completion_folder}/operator.fish
          DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d RENAME ${program}.fish)
endforeach()
install(FILES ${completion_folder}/_operator DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions)

# Manual pages and the changelog are compressed the same way each time (-n: without name and date).
find_program(GZIP gzip REQUIRED)
find_program(SCDOC scdoc)
if(SCDOC)
  foreach(page client/operatorctl.1 config/operator.toml.5 daemon/operatord.8)
    get_filename_component(name ${page} NAME)
    string(REGEX MATCH "[0-9]$" section ${name})
    add_custom_command(OUTPUT ${name}.gz
                       COMMAND sh -c "\"${SCDOC}\" < \"${PROJECT_SOURCE_DIR}/${page}.scd\" | \"${GZIP}\" -9n > ${name}.gz"
                       DEPENDS ${PROJECT_SOURCE_DIR}/${page}.scd VERBATIM)
    list(APPEND pages ${CMAKE_CURRENT_BINARY_DIR}/${name}.gz)
    install(FILES ${CMAKE_CURRENT_BINARY_DIR}/${name}.gz DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section})
  endforeach()
  add_custom_target(manual ALL DEPENDS ${pages})
endif()

file(WRITE ${CMAKE_CURRENT_BINARY_DIR}/changelog
     "operator (${PROJECT_VERSION}) stable; urgency=medium\n\n  * ${PROJECT_DESCRIPTION}.\n\n"
     " -- operator maintainers <maintainers@operator.example>  Sun, 22 Nov 2026 00:00:00 +0000\n")
add_custom_command(OUTPUT changelog.gz COMMAND sh -c "\"${GZIP}\" -9n < changelog > changelog.gz" DEPENDS changelog VERBATIM)
add_custom_target(changelog ALL DEPENDS ${CMAKE_CURRENT_BINARY_DIR}/changelog.gz)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/changelog.gz DESTINATION ${CMAKE_INSTALL_DOCDIR})

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME operator)
set(CPACK_PACKAGE_CONTACT "operator maintainers <maintainers@operator.example>")
set(CPACK_DEBIAN_PACKAGE_SECTION utils)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "local model-provider daemon for coding agents")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
    "operatord keeps the model servers of coding agents in view: vendors' APIs,
gateways, and servers on the local network. It probes them, serves their
models over REST to this user, and knows how each agent is launched on them.
operatorctl is its client; it runs as a systemd user service.")
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "ca-certificates, dbus-user-session")
set(CPACK_STRIP_FILES ON)
set(CPACK_PACKAGING_INSTALL_PREFIX ${CMAKE_INSTALL_PREFIX})
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS ${CMAKE_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS})
include(CPack)
