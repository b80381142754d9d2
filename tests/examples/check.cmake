# SPDX-License-Identifier: GPL-3.0-or-later
# cmake -DSOURCE=… -DBUILD=… -DCXX=… [-DFLAGS=…] -P check.cmake: installs the library aside, builds the examples against that, runs them.
function(run)
    execute_process(COMMAND ${ARGN} RESULT_VARIABLE code OUTPUT_VARIABLE out ERROR_VARIABLE out)
    if(NOT code EQUAL 0)
        message(FATAL_ERROR "${ARGN} failed with ${code}:\n${out}")
    endif()
    set(out "${out}" PARENT_SCOPE)
endfunction()

file(REMOVE_RECURSE "${BUILD}/installed")
run(${CMAKE_COMMAND} --install "${BUILD}" --prefix "${BUILD}/installed")
run(${CMAKE_COMMAND} -S "${SOURCE}/tests/examples" -B "${BUILD}/installed/examples" "-DCMAKE_PREFIX_PATH=${BUILD}/installed"
    "-DCMAKE_CXX_COMPILER=${CXX}" "-DCMAKE_CXX_FLAGS=${FLAGS}")
run(${CMAKE_COMMAND} --build "${BUILD}/installed/examples" --parallel 2)
run("${BUILD}/installed/examples/buffered")
if(NOT out MATCHES "^45\ncompleted: exit code 0")
    message(FATAL_ERROR "buffered printed: ${out}")
endif()
run("${BUILD}/installed/examples/streaming")
if(NOT out STREQUAL "tick 0\ntick 1\ntick 2\n")
    message(FATAL_ERROR "streaming printed: ${out}")
endif()
