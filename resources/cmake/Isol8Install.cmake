# SPDX-License-Identifier: GPL-3.0-or-later
# Install rules and the exported package: find_package(Isol8) gives Isol8::Engine.
include(CMakePackageConfigHelpers)
get_property(modules GLOBAL PROPERTY ISOL8_MODULES)
install(TARGETS ${modules} isol8_engine EXPORT Isol8Targets
    ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY ${CMAKE_SOURCE_DIR}/engine/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/isol8 FILES_MATCHING PATTERN "*.h")
install(EXPORT Isol8Targets NAMESPACE Isol8:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/Isol8)
configure_package_config_file(${CMAKE_SOURCE_DIR}/resources/cmake/Isol8Config.cmake.in ${CMAKE_BINARY_DIR}/Isol8Config.cmake
    INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/Isol8)
write_basic_package_version_file(${CMAKE_BINARY_DIR}/Isol8ConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/Isol8Config.cmake ${CMAKE_BINARY_DIR}/Isol8ConfigVersion.cmake
    DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/Isol8)
