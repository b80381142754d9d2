# SPDX-License-Identifier: GPL-3.0-or-later
# Flags on one INTERFACE target, and the helpers by which every folder declares itself.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_AUTOMOC ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")
if(NOT CMAKE_BUILD_TYPE)
    set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "" FORCE)
endif()
if(ISOL8_UNITY)
    set(CMAKE_UNITY_BUILD ON)
    set(CMAKE_UNITY_BUILD_BATCH_SIZE 12)
endif()
find_program(ISOL8_CCACHE ccache)
if(ISOL8_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
    set(CMAKE_CXX_COMPILER_LAUNCHER "${ISOL8_CCACHE}")
endif()

# Headers are included as <isol8/module/Name.h>, in the tree as after installation.
file(MAKE_DIRECTORY "${CMAKE_BINARY_DIR}/include")
file(CREATE_LINK "${CMAKE_SOURCE_DIR}/engine" "${CMAKE_BINARY_DIR}/include/isol8" SYMBOLIC)

add_library(isol8_warnings INTERFACE)
target_compile_options(isol8_warnings INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor
    -Woverloaded-virtual -Wcast-align -Wformat=2 -Wimplicit-fallthrough
    # g++ 12 sees ghosts in tl::expected<void, Error> and std::string
    $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized> $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>)
if(ISOL8_WERROR)
    target_compile_options(isol8_warnings INTERFACE -Werror)
endif()

add_library(isol8_flags INTERFACE)
target_link_libraries(isol8_flags INTERFACE isol8_warnings)
target_compile_options(isol8_flags INTERFACE -fstack-protector-strong)
target_compile_definitions(isol8_flags INTERFACE QT_NO_CAST_FROM_ASCII QT_NO_CAST_TO_ASCII QT_NO_URL_CAST_FROM_STRING
    QT_NO_CAST_FROM_BYTEARRAY QT_NO_KEYWORDS QT_USE_QSTRINGBUILDER QT_NO_NARROWING_CONVERSIONS_IN_CONNECT
    QT_NO_FOREACH QT_STRICT_ITERATORS QT_DISABLE_DEPRECATED_BEFORE=0x060400)
if(ISOL8_SANITIZE)
    target_compile_options(isol8_flags INTERFACE -fsanitize=${ISOL8_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
    target_link_options(isol8_flags INTERFACE -fsanitize=${ISOL8_SANITIZE})
endif()
if(ISOL8_FUZZ)
    target_compile_options(isol8_flags INTERFACE -fsanitize=fuzzer-no-link)
    target_compile_definitions(isol8_flags INTERFACE QT_FORCE_ASSERTS)
endif()
if(ISOL8_COVERAGE)
    target_compile_options(isol8_flags INTERFACE --coverage -O0)
    target_link_options(isol8_flags INTERFACE --coverage)
endif()

# isol8_module(NAME SOURCES … [PUBLIC targets…] [PRIVATE targets…])
# A folder of the engine as its own static library isol8_NAME, so that a wrong include does not link.
function(isol8_module name)
    cmake_parse_arguments(ARG "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
    set(target isol8_${name})
    add_library(${target} STATIC ${ARG_SOURCES})
    set_target_properties(${target} PROPERTIES EXPORT_NAME ${name})
    target_include_directories(${target} PUBLIC $<BUILD_INTERFACE:${CMAKE_BINARY_DIR}/include>
        $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
    target_compile_features(${target} PUBLIC cxx_std_20)
    target_link_libraries(${target} PUBLIC ${ARG_PUBLIC} PRIVATE $<BUILD_INTERFACE:isol8_flags> ${ARG_PRIVATE})
    set_property(GLOBAL APPEND PROPERTY ISOL8_MODULES ${target})
endfunction()

# isol8_embed(TARGET NAME FILE): the bytes of FILE in TARGET's read-only data; ISOL8_EMBEDDED(NAME) (base/Embedded.h) reads them.
function(isol8_embed target name file)
    set(asm "${CMAKE_CURRENT_BINARY_DIR}/embed_${name}.S")
    file(CONFIGURE OUTPUT "${asm}" @ONLY CONTENT
".section .rodata
.balign 16
.global isol8_embedded_@name@_begin
.global isol8_embedded_@name@_end
isol8_embedded_@name@_begin:
.incbin \"@file@\"
isol8_embedded_@name@_end:
.byte 0
.section .note.GNU-stack,\"\",%progbits
")
    set_source_files_properties("${asm}" PROPERTIES OBJECT_DEPENDS "${file}" SKIP_UNITY_BUILD_INCLUSION ON SKIP_PRECOMPILE_HEADERS ON)
    target_sources(${target} PRIVATE "${asm}")
endfunction()
