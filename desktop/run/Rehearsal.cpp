// SPDX-License-Identifier: GPL-3.0-or-later
#include <desktop/run/Rehearsal.h>

#include <QApplication>
#include <QProcessEnvironment>
#include <QTextBrowser>

#include <csignal>
#include <cstdio>
#include <ctime>
#include <memory>

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/time.h>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace isol8::desktop {

namespace {

// A request: what follows it, in two parts. An answer: the CPU time in ms, and whether it was drawn.
struct Asked
{
    quint32 kind = 0;
    quint32 typeSize = 0;
    quint32 contentSize = 0;
};
struct Answered
{
    quint32 took = 0;
    quint32 drawable = 0;
};

constexpr milliseconds CpuOfOne = 1s;
constexpr milliseconds Patience = 15s; // on a machine that has no CPU for it
constexpr milliseconds Idle = 20s;

QString &program()
{
    static QString path;
    return path;
}

qint64 cpuMs()
{
    timespec time = {};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return qint64(time.tv_sec) * 1000 + time.tv_nsec / 1'000'000;
}

// The default action of the signal ends the process.
void limitCpu(milliseconds time)
{
    itimerval timer = {};
    timer.it_value.tv_sec = time.count() / 1000;
    ::setitimer(ITIMER_PROF, &timer, nullptr);
}

bool readAll(char *data, size_t size)
{
    return std::fread(data, 1, size, stdin) == size;
}

bool draw(const RichValue &value)
{
    if (value.kind == RichValue::Kind::Picture)
        return !pictureOf(value).isNull();
    const std::unique_ptr<QTextBrowser> browser(browserOf(value, nullptr));
    QImage image(600, browser->height(), QImage::Format_ARGB32_Premultiplied);
    browser->resize(image.size());
    browser->render(&image);
    return true;
}

} // namespace

Rehearsal::Rehearsal(QObject *parent)
    : QObject(parent)
{
    m_patience.setSingleShot(true);
    connect(&m_patience, &QTimer::timeout, this, [this] {
        if (m_isTrying)
            m_process->kill();
        else
            drop();
    });
}

Rehearsal::~Rehearsal()
{
    drop();
}

void Rehearsal::setProgram(const QString &path)
{
    program() = path;
}

// Deleted now, QProcess would wait for it.
void Rehearsal::drop()
{
    QProcess *process = std::exchange(m_process, nullptr);
    if (!process)
        return;
    process->disconnect(this);
    process->setParent(QCoreApplication::instance());
    connect(process, &QProcess::finished, process, &QObject::deleteLater);
    process->kill();
}

void Rehearsal::ask(const RichValue &value)
{
    m_asked.push_back(value);
    if (m_asked.size() == 1)
        QMetaObject::invokeMethod(this, &Rehearsal::next, Qt::QueuedConnection);
}

void Rehearsal::forget()
{
    m_asked.clear();
    if (std::exchange(m_isTrying, false))
        drop();
}

void Rehearsal::next()
{
    if (m_isTrying || m_asked.empty())
        return;
    if (!m_process) {
        m_process = new QProcess(this);
        QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
        environment.insert(u"QT_QPA_PLATFORM"_s, u"offscreen"_s);
        m_process->setProcessEnvironment(environment);
        m_process->setStandardErrorFile(QProcess::nullDevice());
        m_process->setChildProcessModifier([] { ::prctl(PR_SET_PDEATHSIG, SIGKILL); });
        connect(m_process, &QProcess::readyReadStandardOutput, this, &Rehearsal::read);
        connect(m_process, &QProcess::finished, this, &Rehearsal::ended);
        connect(m_process, &QProcess::errorOccurred, this, [this](QProcess::ProcessError error) {
            if (error == QProcess::FailedToStart)
                ended();
        });
        m_process->start(program().isEmpty() ? QCoreApplication::applicationFilePath() : program(),
                         {QString::fromLatin1(Argument)});
    }
    m_isTrying = true;
    const RichValue &value = m_asked.front();
    const QByteArray type = value.type.toUtf8();
    const Asked asked{quint32(value.kind), quint32(type.size()), quint32(value.content.size())};
    if (m_process) {
        m_process->write(reinterpret_cast<const char *>(&asked), sizeof asked);
        m_process->write(type);
        m_process->write(value.content);
    }
    m_patience.start(Patience);
}

void Rehearsal::read()
{
    Answered answered;
    if (!m_isTrying || m_process->bytesAvailable() < qint64(sizeof answered))
        return;
    m_process->read(reinterpret_cast<char *>(&answered), sizeof answered);
    answer(answered.drawable == 1, milliseconds(answered.took));
}

void Rehearsal::ended()
{
    if (!m_process)
        return;
    std::exchange(m_process, nullptr)->deleteLater();
    if (m_isTrying)
        answer(false, {});
}

void Rehearsal::answer(bool drawable, milliseconds took)
{
    m_isTrying = false;
    m_asked.pop_front();
    m_patience.start(Idle);
    QMetaObject::invokeMethod(this, &Rehearsal::next, Qt::QueuedConnection);
    Q_EMIT tried(drawable, took);
}

int rehearse(int argc, char **argv)
{
    const rlimit none = {0, 0};
    ::setrlimit(RLIMIT_CORE, &none);
#ifndef __SANITIZE_ADDRESS__ // which reserves more than there is
    const rlimit memory = {1024 * 1024 * 1024, 1024 * 1024 * 1024};
    ::setrlimit(RLIMIT_AS, &memory);
#endif
    const QApplication application(argc, argv);
    Asked asked;
    while (readAll(reinterpret_cast<char *>(&asked), sizeof asked)) {
        QByteArray type(qsizetype(asked.typeSize), Qt::Uninitialized);
        RichValue value;
        value.kind = RichValue::Kind(asked.kind);
        value.content.resize(qsizetype(asked.contentSize));
        if (!readAll(type.data(), size_t(type.size())) || !readAll(value.content.data(), size_t(value.content.size())))
            return 1;
        value.type = QString::fromUtf8(type);
        limitCpu(CpuOfOne);
        const qint64 before = cpuMs();
        const bool drawable = draw(value);
        const Answered answered{quint32(cpuMs() - before), drawable ? 1U : 0U};
        limitCpu(0s);
        std::fwrite(&answered, sizeof answered, 1, stdout);
        std::fflush(stdout);
    }
    return 0;
}

} // namespace isol8::desktop
