// SPDX-License-Identifier: GPL-3.0-or-later
/*
    isol8-fuzz [--runs N] [--seconds N] [--seed N] [TARGET…]: each target (all of them unless named) on its corpus, then
   on N inputs made from it. isol8-fuzz FILE: that input alone, its target being the name of its folder. An input that
   breaks a parser is left in the current folder as crash-TARGET, and the program ends by the signal.
*/
#include "Mutator.h"
#include "Targets.h"

#include <QDir>
#include <QElapsedTimer>
#include <QFile>
#include <QFileInfo>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <fcntl.h>
#include <unistd.h>

using namespace isol8::fuzz;

namespace {

QByteArray current;
char crashFile[256];

void onCrash(int signal)
{
    const int fd = ::open(crashFile, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    (void)!::write(fd, current.constData(), size_t(current.size()));
    (void)!::write(2, "fuzz: the input is in ", 22);
    (void)!::write(2, crashFile, std::strlen(crashFile));
    (void)!::write(2, "\n", 1);
    std::signal(signal, SIG_DFL);
    std::raise(signal);
}

QByteArray contentOf(const QString &path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

void run(const Target &target, const QByteArray &input)
{
    current = input;
    target.run(current);
}

long long fuzz(const Target &target, long long runs, qint64 seconds, quint64 seed)
{
    std::snprintf(crashFile, sizeof crashFile, "crash-%s", target.name);
    QList<QByteArray> corpus;
    const QDir folder(QString::fromLocal8Bit(ISOL8_CORPUS "/") + QString::fromLatin1(target.name));
    const auto names = folder.entryList(QDir::Files, QDir::Name);
    for (const QString &name : names) {
        corpus.append(contentOf(folder.filePath(name)));
        run(target, corpus.last());
    }
    run(target, {});
    Mutator mutator(seed, corpus, target.words);
    QElapsedTimer clock;
    clock.start();
    long long done = 0;
    while (done < runs && (seconds == 0 || clock.elapsed() < 1000 * seconds)) {
        run(target, mutator.next());
        ++done;
    }
    std::printf("%-20s %3lld files, %lld inputs, %lld ms\n", target.name, static_cast<long long>(corpus.size()), done,
                static_cast<long long>(clock.elapsed()));
    std::fflush(stdout);
    return corpus.size();
}

} // namespace

int main(int argc, char **argv)
{
    long long runs = 3000;
    qint64 seconds = 0;
    quint64 seed = 1;
    QList<const Target *> wanted;
    for (int i = 1; i < argc; ++i) {
        const QByteArray word(argv[i]);
        if (i + 1 < argc && word == "--runs") {
            runs = std::atoll(argv[++i]);
        } else if (i + 1 < argc && word == "--seconds") {
            seconds = std::atoll(argv[++i]);
        } else if (i + 1 < argc && word == "--seed") {
            seed = std::strtoull(argv[++i], nullptr, 10);
        } else if (const Target *target = findTarget(word)) {
            wanted.append(target);
        } else if (const QFileInfo file(QString::fromLocal8Bit(argv[i])); file.isFile()) {
            const Target *named = findTarget(file.absoluteDir().dirName().toLatin1());
            if (!named)
                named = findTarget(file.fileName().remove(QStringLiteral("crash-")).toLatin1());
            if (!named) {
                std::fprintf(stderr, "fuzz: no target has the name of the folder of %s\n", argv[i]);
                return 2;
            }
            run(*named, contentOf(file.filePath()));
            return 0;
        } else {
            std::fprintf(stderr, "fuzz: %s is no target and no file; there are:", argv[i]);
            for (const Target &known : targets())
                std::fprintf(stderr, " %s", known.name);
            std::fprintf(stderr, "\n");
            return 2;
        }
    }
    for (const int signal : {SIGABRT, SIGSEGV, SIGFPE, SIGILL, SIGBUS})
        std::signal(signal, onCrash);
    qInstallMessageHandler([](QtMsgType type, const QMessageLogContext &, const QString &text) {
        if (type == QtFatalMsg)
            std::fprintf(stderr, "fuzz: %s\n", qPrintable(text));
    });
    long long files = 0;
    for (const Target &target : targets()) {
        if (wanted.isEmpty() || wanted.contains(&target))
            files += fuzz(target, runs, seconds, seed);
    }
    if (files == 0)
        std::fprintf(stderr, "fuzz: there is no corpus\n");
    return files == 0;
}
