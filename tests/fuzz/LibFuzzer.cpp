// SPDX-License-Identifier: GPL-3.0-or-later
// ISOL8_FUZZ_TARGET names the target; everything else is libFuzzer's own: isol8-fuzz -runs=1000000 FOLDER…
#include "Targets.h"

#include <QtGlobal>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

namespace {

const isol8::fuzz::Target *target = nullptr;

} // namespace

extern "C" int LLVMFuzzerInitialize(int *, char ***) // NOLINT: libFuzzer's name
{
    const char *name = std::getenv("ISOL8_FUZZ_TARGET");
    target = isol8::fuzz::findTarget(name ? name : "");
    if (!target) {
        std::fprintf(stderr, "ISOL8_FUZZ_TARGET is none of:");
        for (const isol8::fuzz::Target &known : isol8::fuzz::targets())
            std::fprintf(stderr, " %s", known.name);
        std::fprintf(stderr, "\n");
        std::exit(2);
    }
    qInstallMessageHandler([](QtMsgType, const QMessageLogContext &, const QString &) {});
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) // NOLINT: libFuzzer's name
{
    target->run({reinterpret_cast<const char *>(data), qsizetype(size)});
    return 0;
}
