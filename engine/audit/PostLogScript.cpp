// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/audit/PostLogScript.h>

#include <QLoggingCategory>
#include <QProcessEnvironment>

#include <algorithm>
#include <csignal>
#include <utility>

#include <unistd.h>

#include <linux/close_range.h>
#include <sys/syscall.h>

using namespace Qt::StringLiterals;

namespace isol8::audit {

namespace {

Q_LOGGING_CATEGORY(scriptLog, "isol8.audit", QtWarningMsg)

QProcessEnvironment bareEnvironment()
{
    const auto ours = QProcessEnvironment::systemEnvironment();
    QProcessEnvironment bare;
    for (const QString &name : {u"PATH"_s, u"HOME"_s, u"LANG"_s}) {
        if (ours.contains(name))
            bare.insert(name, ours.value(name));
    }
    if (!bare.contains(u"PATH"_s))
        bare.insert(u"PATH"_s, u"/usr/local/bin:/usr/bin:/bin"_s);
    return bare;
}

} // namespace

PostLogScript::PostLogScript(QString program, QObject *parent, milliseconds patience)
    : QObject(parent)
    , m_program(std::move(program))
    , m_patience(patience)
{
    m_deadline.setSingleShot(true);
    connect(&m_deadline, &QTimer::timeout, this, [this] {
        if (m_process && m_process->processId() > 0)
            ::kill(-static_cast<pid_t>(m_process->processId()), SIGKILL);
    });
}

PostLogScript::~PostLogScript()
{
    if (!m_process)
        return;
    // QProcess would kill it and wait.
    static QList<QProcess *> leftAlone;
    m_process->disconnect(this);
    m_process->setParent(nullptr);
    leftAlone.append(m_process);
}

void PostLogScript::run(const QString &file)
{
    m_file = file;
    if (m_process)
        m_again = true;
    else
        start();
}

void PostLogScript::start()
{
    m_again = false;
    m_process = new QProcess(this);
    m_process->setProgram(m_program);
    m_process->setArguments({m_file});
    m_process->setProcessEnvironment(bareEnvironment());
    m_process->setWorkingDirectory(u"/"_s);
    m_process->setStandardInputFile(QProcess::nullDevice());
    m_process->setStandardOutputFile(QProcess::nullDevice());
    m_process->setStandardErrorFile(QProcess::nullDevice());
    const auto seconds = static_cast<unsigned>(std::max<qint64>((m_patience.count() + 999) / 1000, 1));
    m_process->setChildProcessModifier([seconds] {
        ::setsid();
        ::alarm(seconds);
        ::syscall(SYS_close_range, 3U, ~0U, CLOSE_RANGE_CLOEXEC);
    });
    connect(m_process, &QProcess::finished, this, [this](int code, QProcess::ExitStatus status) {
        ended(code == 0 && status == QProcess::NormalExit,
              status == QProcess::NormalExit ? u"it ended with exit code %1"_s.arg(code) : u"it was killed"_s);
    });
    connect(m_process, &QProcess::errorOccurred, this, [this](QProcess::ProcessError error) {
        if (error == QProcess::FailedToStart)
            ended(false, m_process->errorString());
    });
    m_process->start();
    if (m_process)
        m_deadline.start(m_patience);
}

void PostLogScript::ended(bool good, const QString &why)
{
    if (!m_process)
        return;
    m_deadline.stop();
    m_process->disconnect(this);
    std::exchange(m_process, nullptr)->deleteLater();
    if (!good) {
        ++m_failures;
        if (!std::exchange(m_told, true))
            qCWarning(scriptLog).noquote() << u"The audit log's script %1 failed: %2."_s.arg(m_program, why);
    } else {
        m_told = false;
    }
    // Not from within start(), which may fail at once.
    if (m_again)
        QTimer::singleShot(0, this, [this] {
            if (!m_process && m_again)
                start();
        });
}

} // namespace isol8::audit
