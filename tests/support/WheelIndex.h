// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "CodeServer.h"

#include <QFile>
#include <QProcess>
#include <QTemporaryDir>

namespace isol8::test {

/*!
    A Python package index on loopback, with packages of one module each. The installs of this process, and of those it
    starts, ask it and no other.
*/
class WheelIndex
{
public:
    WheelIndex()
    {
        qputenv("PIP_CONFIG_FILE", "/dev/null");
        qunsetenv("PIP_EXTRA_INDEX_URL");
        qputenv("PIP_INDEX_URL", "http://127.0.0.1:" + QByteArray::number(m_server.port()) + "/simple/");
    }

    //! NAME 1.0, whose module of that name is \a code; its program of that name prints what main() returns.
    void offer(const QByteArray &name, const QByteArray &code)
    {
        const QByteArray file = name + "-1.0-py3-none-any.whl";
        m_server.answers["/simple/" + name + "/"] = {
            CodeServer::text("<html><body><a href=\"/files/" + file + "\">" + file + "</a></body></html>",
                             "Content-Type: text/html\r\n")};
        m_server.serve("/files/" + file, wheel(name, code));
    }
    //! Asked for \a name, it takes an hour to answer.
    void hang(const QByteArray &name)
    {
        m_server.answers["/simple/" + name + "/"] = {CodeServer::text(QByteArray(3600, ' ')), true, 1000};
    }

    //! Requests so far.
    [[nodiscard]] qsizetype requests() const { return m_server.heads.size(); }

private:
    QByteArray wheel(const QByteArray &name, const QByteArray &code)
    {
        const QString path = m_folder.filePath(QStringLiteral("a.whl"));
        QProcess python;
        python.start(QStringLiteral("python3"),
                     {QStringLiteral("-c"),
                      QStringLiteral("import sys, zipfile\n"
                                     "path, name, code = sys.argv[1:]\n"
                                     "with zipfile.ZipFile(path, 'w') as z:\n"
                                     "    info = name + '-1.0.dist-info/'\n"
                                     "    z.writestr(name + '.py', code)\n"
                                     "    z.writestr(info + 'METADATA', 'Metadata-Version: 2.1\\nName: ' + name + "
                                     "'\\nVersion: 1.0\\n')\n"
                                     "    z.writestr(info + 'entry_points.txt', '[console_scripts]\\n' + name + ' = ' "
                                     "+ name + ':main\\n')\n"
                                     "    z.writestr(info + 'WHEEL', 'Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\n"
                                     "Tag: py3-none-any\\n')\n"
                                     "    z.writestr(info + 'RECORD', '')\n"),
                      path, QString::fromLatin1(name), QString::fromUtf8(code)});
        QFile file(path);
        return python.waitForFinished(20000) && file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    }

    QTemporaryDir m_folder;
    CodeServer m_server;
};

} // namespace isol8::test
