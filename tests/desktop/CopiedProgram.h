// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <desktop/core/Program.h>

namespace desktoptest {

//! A program whose texts stand for themselves in no language that it is copied into. It ends with exit code 7.
inline isol8::desktop::Program copiedProgram()
{
    using namespace Qt::StringLiterals;
    isol8::desktop::Program program;
    program.request.runtime = u"python"_s;
    program.request.code =
        "import os, sys\n"
        "print(sys.argv[1:])\n"
        "print(repr(os.environ['GREETING']), repr(sys.stdin.read()), len(os.environ['TOKEN']))\n"
        "print(\"it's )\", ')~\"', \"$HOME `id` !1 %1 %2 \\\\n gr\xc3\xbc\xc3\x9f\x65 \xe4\xbd\xa0\")\n"
        "print('" +
        QByteArray(")~~~~~~~~~~~~~~~~\" )~~~~~~~~~~~~~~~\"") +
        "')\n"
        "sys.exit(7)\n";
    program.request.timeout = isol8::milliseconds(45000);
    program.request.args = QStringList{u"two words"_s, u"$HOME"_s, u"'\"\\"_s, QString(), u"-x"_s};
    program.request.env.insert(u"GREETING"_s, u"a\"b'c)\"\n$x\r"_s);
    program.request.stdinData = "typed )\" it's\n";
    program.options.memoryLimit = 256 * isol8::MiB;
    program.options.cpuLimit = 0.5;
    program.options.pidsLimit = 40;
    program.options.maxOutputSize = 100'000;
    program.options.sandboxSize = 64 * isol8::MiB;
    program.options.tmpSize = 32 * isol8::MiB;
    program.options.network = isol8::Network::Filtered;
    program.options.whitelist = QStringList{u"a\\.example"_s, u"b.example"_s};
    program.options.blacklist = QStringList{u"c.example"_s};
    program.options.secrets.insert(u"TOKEN"_s, u"topsecret"_s); // copied by its name
    return program;
}

//! What it prints where TOKEN has nine letters.
inline QByteArray copiedOutput()
{
    return "['two words', '$HOME', '\\'\"\\\\', '', '-x']\n"
           "'a\"b\\'c)\"\\n$x\\r' 'typed )\" it\\'s\\n' 9\n"
           "it's ) )~\" $HOME `id` !1 %1 %2 \\n gr\xc3\xbc\xc3\x9f\x65 \xe4\xbd\xa0\n"
           ")~~~~~~~~~~~~~~~~\" )~~~~~~~~~~~~~~~\"\n";
}

} // namespace desktoptest
