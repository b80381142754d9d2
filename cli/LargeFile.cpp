// SPDX-License-Identifier: GPL-3.0-or-later
#include <cli/LargeFile.h>

#include <cli/Terminal.h>

#include <QFileInfo>

#include <cerrno>
#include <cstring>

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

Error LocalTarget::open(const SessionFile &like)
{
    if (isStdout())
        return {};
    m_mode = like.mode & 0777;
    m_mtimeMs = like.mtimeMs;
    const QFileInfo there(m_file.fileName());
    if (there.isDir())
        return cannotWrite(u"it is a folder"_s);
    if (m_replace && there.exists() && !there.isFile())
        return m_file.open(QIODevice::WriteOnly) ? Error() : cannotWrite(m_file.errorString());
    const QFileInfo target(m_replace && there.exists() ? there.canonicalFilePath() : m_file.fileName());
    m_leaf = QFile::encodeName(target.fileName());
    m_folder.reset(::open(QFile::encodeName(target.path()).constData(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!m_folder)
        return outcome(errno);
    return outcome(m_new.emplace().open(m_folder.get(), m_mode ? 0600 : 0666));
}

Error LocalTarget::write(const QByteArray &bytes)
{
    if (isStdout())
        return writeAll(STDOUT_FILENO, bytes)
                   ? Error()
                   : Error{errors::FileError.toString(), u"The output cannot be written."_s, {}};
    if (m_new)
        return outcome(m_new->write(bytes));
    return m_file.write(bytes) == bytes.size() ? Error() : cannotWrite(m_file.errorString());
}

Error LocalTarget::finish()
{
    if (m_file.isOpen() && !m_file.flush())
        return cannotWrite(m_file.errorString());
    if (!m_new)
        return {};
    struct stat status = {};
    std::optional<mode_t> replaced;
    if (m_replace && m_mode)
        replaced = m_mode;
    else if (m_replace && ::fstatat(m_folder.get(), m_leaf.constData(), &status, AT_SYMLINK_NOFOLLOW) == 0)
        replaced = status.st_mode & 0777;
    int code = m_mode ? m_new->setMode(m_mode) : 0;
    if (code == 0)
        code = m_new->publish(m_leaf, replaced, m_mtimeMs);
    m_new.reset();
    return outcome(code);
}

Error LocalTarget::cannotWrite(const QString &why) const
{
    return {errors::FileError.toString(), u"Cannot write %1: %2."_s.arg(m_file.fileName(), why), {}};
}

Error LocalTarget::outcome(int code) const
{
    return code == 0 ? Error() : cannotWrite(QString::fromLocal8Bit(std::strerror(code)));
}

LargeGet::LargeGet(Download *download, const QString &name, bool replace, QObject *parent)
    : QObject(parent)
    , m_download(download)
    , m_target(name, replace)
{
    download->setParent(this);
    connect(download, &Download::opened, this, [this](const SessionFile &file) {
        m_opened = true;
        check(m_target.open(file));
    });
    connect(download, &Download::data, this, [this](const QByteArray &bytes) { check(m_target.write(bytes)); });
    connect(download, &Download::finished, this,
            [this](const Error &error) { end(error.code.isEmpty() ? m_target.finish() : error); });
}

void LargeGet::check(const Error &error)
{
    if (!error.code.isEmpty())
        end(error);
}

void LargeGet::end(const Error &error)
{
    m_download->disconnect(this);
    deleteLater();
    Q_EMIT finished(error);
}

} // namespace isol8::cli
