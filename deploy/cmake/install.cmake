# `cmake --install`: programs, configuration, service and manual pages. The configuration goes to /etc whatever the prefix,
# because the programs look for it there; systemd finds units under /usr and /usr/local.
include(GNUInstallDirs)
configure_file("${CMAKE_SOURCE_DIR}/deploy/systemd/vestnik.service.in" "${CMAKE_BINARY_DIR}/vestnik.service" @ONLY)

install(TARGETS vestnik vestnikctl vestnik-mail RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
install(CODE "
  if(NOT EXISTS \"\$ENV{DESTDIR}/etc/vestnik/vestnik.toml\")  # an administrator's file stays as it is
    file(INSTALL \"${CMAKE_SOURCE_DIR}/deploy/config/vestnik.toml\" DESTINATION /etc/vestnik)
  endif()")
install(FILES "${CMAKE_BINARY_DIR}/vestnik.service" DESTINATION lib/systemd/system)
install(FILES "${CMAKE_SOURCE_DIR}/deploy/systemd/vestnik.sysusers" DESTINATION lib/sysusers.d RENAME vestnik.conf)
install(FILES "${CMAKE_SOURCE_DIR}/deploy/manual/man/vestnik.8"
        "${CMAKE_SOURCE_DIR}/deploy/manual/man/vestnikctl.8"
        "${CMAKE_SOURCE_DIR}/deploy/manual/man/vestnik-mail.8" DESTINATION "${CMAKE_INSTALL_MANDIR}/man8")
install(FILES "${CMAKE_SOURCE_DIR}/deploy/prometheus/vestnik.rules.yml" DESTINATION share/vestnik/prometheus)
install(FILES "${CMAKE_SOURCE_DIR}/deploy/grafana/vestnik.json" DESTINATION share/vestnik/grafana)
