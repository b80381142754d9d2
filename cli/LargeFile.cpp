// SPDX-License-Identifier: GPL-3.0-or-later
#include <cli/LargeFile.h>

#include <cli/Terminal.h>

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
    const auto mode =
        m_replace ? QIODevice::WriteOnly | QIODevice::Truncate : QIODevice::WriteOnly | QIODevice::NewOnly;
    if (!m_isStdout && !m_file.open(mode))
        cannotWrite();
}

void LargeGet::write(const QByteArray &bytes)
{
    if (m_isStdout) {
        if (!writeAll(STDOUT_FILENO, bytes))
            end({errors::FileError.toString(), u"The output cannot be written."_s, {}});
    } else if (m_file.write(bytes) != bytes.size()) {
        cannotWrite();
    }
}

void LargeGet::cannotWrite()
{
    end({errors::FileError.toString(), u"Cannot write %1: %2."_s.arg(m_file.fileName(), m_file.errorString()), {}});
}

void LargeGet::end(const Error &error)
{
    m_download->disconnect(this);
    deleteLater();
    const bool isOpen = m_file.isOpen();
    if (error.code.isEmpty() && isOpen && !m_file.flush())
        return cannotWrite();
    m_file.close();
    if (!error.code.isEmpty() && isOpen && !m_replace)
        m_file.remove();
    Q_EMIT finished(error);
}

} // namespace isol8::cli
