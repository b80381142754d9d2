// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/image/ImageScript.h>

#include <isol8/image/EmbeddedScripts.h>

#include <QProcess>

#include <csignal>

#ifdef Q_OS_LINUX
#include <sys/prctl.h>
#endif

using namespace Qt::StringLiterals;

namespace isol8 {

namespace {

constexpr qsizetype MaxLine = 4096;
constexpr qsizetype TailLines = 20;
constexpr int NotInstalled = 3; // image.sh: something must be installed first

// The next line of buffer, without its end; null where there is none. What is longer than MaxLine comes in parts.
QByteArray takeLine(QByteArray &buffer, bool all)
{
    qsizetype end = buffer.indexOf('\n');
    const qsizetype skip = end >= 0 && end <= MaxLine ? 1 : 0;
    if (end < 0 && !all && buffer.size() <= MaxLine)
        return {};
    if (end < 0 || end > MaxLine)
        end = std::min(buffer.size(), MaxLine);
    QByteArray line = buffer.first(end);
    buffer.remove(0, end + skip);
    return line.isNull() ? QByteArray("") : line;
}

} // namespace

ImageScript::ImageScript(const QStringList &arguments, const QString &architecture, const QString &downloads,
                         QObject *parent)
    : ImageScript({u"image.sh"_s, isol8_embedded_images_image(),
                   u"The image of %1 could not be made"_s.arg(arguments.value(1))},
                  arguments,
                  {{u"ISOL8_FINISH"_s, QString::fromUtf8(isol8_embedded_images_finish())},
                   {u"ISOL8_MERGE"_s, QString::fromUtf8(isol8_embedded_images_merge())},
                   {u"ISOL8_AGENT_LOCK"_s, QString::fromUtf8(isol8_embedded_images_agent_lock())},
                   {u"ISOL8_DOWNLOADS"_s, downloads},
                   {u"ISOL8_ARCH"_s, architecture}},
                  parent)
{
}

ImageScript *ImageScript::forPackages(const QString &base, const QStringList &packages, const QString &architecture,
                                      QObject *parent)
{
    return new ImageScript(
        {u"packages.sh"_s, isol8_embedded_images_packages(), u"The Debian packages could not be fetched"_s},
        {u"debian"_s, base},
        {{u"ISOL8_IMAGE"_s, QString::fromUtf8(isol8_embedded_images_image())},
         {u"ISOL8_FINISH"_s, {}},
         {u"ISOL8_MERGE"_s, {}},
         {u"ISOL8_AGENT_LOCK"_s, {}},
         {u"ISOL8_CONFIGURE"_s, QString::fromUtf8(isol8_embedded_images_configure())},
         {u"ISOL8_PACKAGES"_s, packages.join(u' ')},
         {u"ISOL8_ARCH"_s, architecture}},
        parent);
}

ImageScript::ImageScript(const Script &script, const QStringList &arguments, const QMap<QString, QString> &variables,
                         QObject *parent)
    : QObject(parent)
    , m_process(new QProcess(this))
    , m_failure(script.failure)
{
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    environment.insert(u"ISOL8_VERSIONS"_s, QString::fromUtf8(isol8_embedded_images_versions()));
    for (auto it = variables.cbegin(); it != variables.cend(); ++it)
        environment.insert(it.key(), it.value());
    m_process->setProcessEnvironment(environment);
    m_process->setProgram(u"bash"_s);
    m_process->setArguments(QStringList{u"-c"_s, QString::fromUtf8(script.text), script.name} + arguments +
                            QStringList{u"-"_s});
    // A group of its own, so that Ctrl-C reaches it by cancel() alone; and an end when this program ends.
    m_process->setChildProcessModifier([] {
        ::setpgid(0, 0);
#ifdef Q_OS_LINUX
        ::prctl(PR_SET_PDEATHSIG, SIGTERM);
#endif
    });

    connect(m_process, &QProcess::readyReadStandardOutput, this, &ImageScript::readOutput);
    connect(m_process, &QProcess::readyReadStandardError, this, [this] { readLog(false); });
    connect(m_process, &QProcess::finished, this,
            [this](int code, QProcess::ExitStatus status) { end(code, status == QProcess::CrashExit); });
    // Queued: a program that cannot be started is told of from inside start().
    connect(
        m_process, &QProcess::errorOccurred, this,
        [this](QProcess::ProcessError error) {
            if (error == QProcess::FailedToStart)
                end(-1, true);
        },
        Qt::QueuedConnection);
}

ImageScript::~ImageScript()
{
    if (m_process->state() == QProcess::NotRunning)
        return;
    // The script ends what it began when it is asked to, which it cannot before it is a program of its own. QProcess
    // would kill it and wait for its death here; this does not.
    m_process->disconnect(this);
    m_process->setParent(nullptr);
    connect(m_process, &QProcess::finished, m_process, &QObject::deleteLater);
    connect(m_process, &QProcess::errorOccurred, m_process, [process = m_process](QProcess::ProcessError error) {
        if (error == QProcess::FailedToStart)
            process->deleteLater();
    });
    if (m_process->state() == QProcess::Starting)
        connect(m_process, &QProcess::started, m_process, &QProcess::terminate);
    else
        m_process->terminate();
}

void ImageScript::start()
{
    m_process->start();
}

void ImageScript::release()
{
    m_process->closeWriteChannel();
}

void ImageScript::cancel()
{
    m_cancelled = true;
    m_process->terminate();
}

void ImageScript::readOutput()
{
    m_output += m_process->readAllStandardOutput();
    for (QByteArray line = takeLine(m_output, false); !line.isNull(); line = takeLine(m_output, false)) {
        const QString text = QString::fromUtf8(line);
        if (text.startsWith("progress "_L1)) {
            const QString percent = text.section(u' ', 1, 1);
            Q_EMIT progress(text.section(u' ', 2), percent.toInt());
        } else if (text.startsWith("ready "_L1)) {
            Q_EMIT ready(text.section(u' ', 1));
        } else {
            Q_EMIT log(text);
        }
    }
}

void ImageScript::readLog(bool all)
{
    m_log += m_process->readAllStandardError();
    for (;;) {
        const QByteArray line = m_log.isEmpty() ? QByteArray() : takeLine(m_log, all);
        if (line.isNull())
            return;
        const QString text = QString::fromLocal8Bit(line).trimmed();
        if (text.isEmpty())
            continue;
        m_tail.append(text);
        if (m_tail.size() > TailLines)
            m_tail.removeFirst();
        Q_EMIT log(text);
    }
}

void ImageScript::end(int exitCode, bool crashed)
{
    if (m_ended)
        return;
    m_ended = true;
    readOutput();
    readLog(true);
    if (m_cancelled) {
        Q_EMIT ended({errors::Cancelled.toString(), u"The making of images was cancelled."_s, {}});
    } else if (!crashed && exitCode == 0) {
        Q_EMIT ended({});
    } else if (m_process->error() == QProcess::FailedToStart) {
        Q_EMIT ended({errors::ImageFailed.toString(), u"bash is needed to make images: install it."_s,
                      m_process->errorString()});
    } else {
        const QString last = m_tail.isEmpty() ? u"its script ended without a word"_s : m_tail.last();
        const QString sentence = exitCode == NotInstalled ? last : u"%1: %2"_s.arg(m_failure, last);
        Q_EMIT ended({errors::ImageFailed.toString(), sentence, m_tail.join(u'\n')});
    }
}

} // namespace isol8
