// SPDX-License-Identifier: GPL-3.0-or-later
// test: unit; cli
#include <cli/OutputFile.h>

#include <QDir>
#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace isol8;
using namespace isol8::cli;
using namespace Qt::StringLiterals;

namespace {

mode_t modeOf(const QString &path)
{
    struct stat status = {};
    return ::lstat(QFile::encodeName(path).constData(), &status) == 0 ? status.st_mode : 0;
}

QByteArray contentOf(const QString &path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray("(unreadable)");
}

} // namespace

/*
    --out writes where > of a shell would, and changes nothing before there is something to write.
*/
class tst_outputfile : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init();
    void newFile_data();
    void newFile();
    void existingFile();
    void link_data();
    void link();
    void pipe();
    void device();
    void full();
    void unwritable_data();
    void unwritable();
    void discarded();

private:
    void write(const QString &name, const QByteArray &content);
    static Error put(const QString &path, const QByteArray &content);
    std::unique_ptr<QTemporaryDir> m_folder;
};

void tst_outputfile::init()
{
    m_folder = std::make_unique<QTemporaryDir>();
    QVERIFY(QDir::setCurrent(m_folder->path()));
}

void tst_outputfile::write(const QString &name, const QByteArray &content)
{
    QFile file(name);
    QVERIFY(file.open(QIODevice::WriteOnly));
    QCOMPARE(file.write(content), content.size());
}

Error tst_outputfile::put(const QString &path, const QByteArray &content)
{
    auto file = OutputFile::open(path);
    if (!file)
        return file.error();
    (*file)->write(content);
    if (!QTest::qWaitFor([&] { return (*file)->pending() == 0; }))
        return {u"pending"_s, {}, {}};
    const auto closed = (*file)->close();
    return closed ? Error{} : closed.error();
}

void tst_outputfile::newFile_data()
{
    QTest::addColumn<uint>("umask");
    QTest::newRow("022") << 022U;
    QTest::newRow("077") << 077U;
    QTest::newRow("002") << 002U;
}

void tst_outputfile::newFile()
{
    QFETCH(uint, umask);
    const mode_t before = ::umask(mode_t(umask));
    const Error error = put(u"new"_s, "text");
    ::umask(before);
    QCOMPARE(error.message, QString());
    QCOMPARE(contentOf(u"new"_s), "text");
    QCOMPARE(modeOf(u"new"_s), mode_t(S_IFREG | (0666 & ~umask)));
}

void tst_outputfile::existingFile()
{
    write(u"old"_s, "what was there, and longer");
    QCOMPARE(::chmod("old", 0640), 0);
    {
        const auto opened = OutputFile::open(u"old"_s);
        QVERIFY(opened);
        QCOMPARE(contentOf(u"old"_s), "what was there, and longer");
    }
    QCOMPARE(put(u"old"_s, "new").message, QString());
    QCOMPARE(contentOf(u"old"_s), "new");
    QCOMPARE(modeOf(u"old"_s), mode_t(S_IFREG | 0640));
    QCOMPARE(put(u"old"_s, {}).message, QString());
    QCOMPARE(contentOf(u"old"_s), QByteArray());
}

void tst_outputfile::link_data()
{
    QTest::addColumn<bool>("dangling");
    QTest::newRow("to a file") << false;
    QTest::newRow("to nothing yet") << true;
}

void tst_outputfile::link()
{
    QFETCH(bool, dangling);
    if (!dangling)
        write(u"target"_s, "old");
    QCOMPARE(::symlink("target", "link"), 0);
    QCOMPARE(put(u"link"_s, "new").message, QString());
    QVERIFY(S_ISLNK(modeOf(u"link"_s)));
    QCOMPARE(contentOf(u"target"_s), "new");
}

void tst_outputfile::pipe()
{
    QCOMPARE(::mkfifo("pipe", 0600), 0);
    const int reader = ::open("pipe", O_RDONLY | O_NONBLOCK);
    auto file = OutputFile::open(u"pipe"_s);
    QVERIFY(file);
    const QByteArray text(1 << 20, 'x'); // far more than a pipe holds
    (*file)->write(text);
    QByteArray read;
    QVERIFY(QTest::qWaitFor([&] {
        char buffer[65536];
        for (ssize_t n; (n = ::read(reader, buffer, sizeof buffer)) > 0;)
            read.append(buffer, n);
        return (*file)->pending() == 0 && read.size() == text.size();
    }));
    QVERIFY((*file)->close());
    ::close(reader);
    QCOMPARE(read, text);
    QVERIFY(S_ISFIFO(modeOf(u"pipe"_s)));
}

void tst_outputfile::device()
{
    QCOMPARE(put(u"/dev/null"_s, "text").message, QString());
    QVERIFY(S_ISCHR(modeOf(u"/dev/null"_s)));
}

void tst_outputfile::full()
{
    QCOMPARE(put(u"/dev/full"_s, "text").message, u"Cannot write /dev/full: No space left on device."_s);
}

void tst_outputfile::unwritable_data()
{
    QTest::addColumn<QString>("path");
    QTest::addColumn<QString>("problem");
    QTest::newRow("no folder") << u"none/x"_s << u"Cannot write none/x: No such file or directory."_s;
    QTest::newRow("a folder") << u"."_s << u"Cannot write .: Is a directory."_s;
    QTest::newRow("below a file") << u"file/x"_s << u"Cannot write file/x: Not a directory."_s;
}

void tst_outputfile::unwritable()
{
    QFETCH(QString, path);
    QFETCH(QString, problem);
    write(u"file"_s, "text");
    const auto file = OutputFile::open(path);
    QVERIFY(!file);
    QCOMPARE(file.error().message, problem);
    QVERIFY(!QFile::exists(u"none"_s));
}

void tst_outputfile::discarded()
{
    write(u"old"_s, "text");
    for (const QString &name : {u"old"_s, u"new"_s}) {
        auto file = OutputFile::open(name);
        QVERIFY(file);
        (*file)->discard();
        QVERIFY((*file)->close());
    }
    QCOMPARE(contentOf(u"old"_s), "text");
    QVERIFY(!QFile::exists(u"new"_s));
}

QTEST_GUILESS_MAIN(tst_outputfile)
#include "tst_outputfile.moc"
