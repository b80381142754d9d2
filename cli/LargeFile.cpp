// SPDX-License-Identifier: GPL-3.0-or-later
#include <cli/LargeFile.h>

#include <cli/Terminal.h>

#include <QFileInfo>

#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace Qt::StringLiterals;

namespace isol8::cli {

namespace {

constexpr qint64 FilePart = 64 * KiB;

} // namespace

LargePut::LargePut(Upload *upload, std::unique_ptr<QFile> file, QObject *parent)
    : QObject(parent)
    , m_upload(upload)
    , m_file(std::move(file))
{
    upload->setParent(this);
    connect(upload, &Upload::taken, this, &LargePut::pump);
    connect(upload, &Upload::finished, this, &LargePut::end);
}

void LargePut::pump()
{
    while (m_file && m_upload->bytesPending() < Upload::HighWater) {
        const QByteArray part = m_file->read(FilePart);
        if (m_file->error() != QFileDevice::NoError)
            return end({errors::FileError.toString(),
                        u"Cannot read %1: %2."_s.arg(m_file->fileName(), m_file->errorString()),
                        {}});
        if (part.isEmpty()) {
            m_file.reset();
            return m_upload->finish();
        }
        m_upload->write(part);
    }
}

void LargePut::end(const Error &error)
{
    m_upload->disconnect(this);
    deleteLater();
    Q_EMIT finished(error);
}

StdinPut::StdinPut(Upload *upload, const QByteArray &start, QObject *parent)
    : QObject(parent)
    , m_upload(upload)
    , m_stdin(STDIN_FILENO, QSocketNotifier::Read)
{
    upload->setParent(this);
    upload->write(start);
    m_stdin.setEnabled(false);
    connect(&m_stdin, &QSocketNotifier::activated, this, &StdinPut::read);
    connect(upload, &Upload::taken, this, [this] { m_stdin.setEnabled(m_upload->bytesPending() < Upload::HighWater); });
    connect(upload, &Upload::finished, this, &StdinPut::end);
}

void StdinPut::read()
{
    QByteArray part(FilePart, Qt::Uninitialized);
    const ssize_t n = ::read(STDIN_FILENO, part.data(), size_t(part.size()));
    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    if (n < 0)
        return end({errors::FileError.toString(),
                    u"Cannot read stdin: %1."_s.arg(QString::fromLocal8Bit(std::strerror(errno))),
                    {}});
    if (n == 0) {
        m_upload->disconnect(this);
        connect(m_upload, &Upload::finished, this, &StdinPut::end);
        m_stdin.setEnabled(false);
        return m_upload->finish();
    }
    part.truncate(n);
    m_upload->write(part);
    m_stdin.setEnabled(m_upload->bytesPending() < Upload::HighWater);
}

void StdinPut::end(const Error &error)
{
    m_stdin.setEnabled(false);
    m_upload->disconnect(this);
    deleteLater();
    Q_EMIT finished(error);
}

LargeGet::LargeGet(Download *download, const QString &name, bool replace, QObject *parent)
    : QObject(parent)
    , m_download(download)
    , m_file(name)
    , m_isStdout(name == u"-")
    , m_replace(replace)
{
    download->setParent(this);
    connect(download, &Download::opened, this, &LargeGet::open);
    connect(download, &Download::data, this, &LargeGet::write);
    connect(download, &Download::finished, this, &LargeGet::end);
}

void LargeGet::open()
{
    const QByteArray name = QFile::encodeName(m_file.fileName());
    struct stat status = {};
    if (m_isStdout)
        return;
    if (m_replace && ::lstat(name.constData(), &status) == 0) {
        if (!m_file.open(QIODevice::WriteOnly | QIODevice::Truncate))
            cannotWrite(m_file.errorString());
        return;
    }
    m_folder.reset(
        ::open(QFile::encodeName(QFileInfo(m_file.fileName()).path()).constData(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    m_new.emplace();
    if (const int code = m_folder ? m_new->open(m_folder.get(), 0666) : errno)
        cannotWrite(QString::fromLocal8Bit(std::strerror(code)));
}

void LargeGet::write(const QByteArray &bytes)
{
    if (m_isStdout) {
        if (!writeAll(STDOUT_FILENO, bytes))
            end({errors::FileError.toString(), u"The output cannot be written."_s, {}});
    } else if (m_new) {
        if (const int code = m_new->write(bytes))
            cannotWrite(QString::fromLocal8Bit(std::strerror(code)));
    } else if (m_file.write(bytes) != bytes.size()) {
        cannotWrite(m_file.errorString());
    }
}

void LargeGet::cannotWrite(const QString &why)
{
    end({errors::FileError.toString(), u"Cannot write %1: %2."_s.arg(m_file.fileName(), why), {}});
}

void LargeGet::end(const Error &error)
{
    m_download->disconnect(this);
    deleteLater();
    auto made = std::exchange(m_new, std::nullopt);
    if (error.code.isEmpty() && m_file.isOpen() && !m_file.flush())
        return cannotWrite(m_file.errorString());
    m_file.close();
    if (error.code.isEmpty() && made) {
        const QByteArray leaf = QFile::encodeName(QFileInfo(m_file.fileName()).fileName());
        if (const int code = made->publish(leaf, std::nullopt, 0))
            return cannotWrite(QString::fromLocal8Bit(std::strerror(code)));
    }
    Q_EMIT finished(error);
}

} // namespace isol8::cli
