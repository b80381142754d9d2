// SPDX-License-Identifier: GPL-3.0-or-later
#include <cli/OutputFile.h>

#include <QFile>

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace Qt::StringLiterals;

namespace isol8::cli {

namespace {

constexpr mode_t ModeOfNew = 0666; // less the umask

bool isRegular(int fd)
{
    struct stat status = {};
    return ::fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
}

Error cannotWrite(const QString &path, int code)
{
    return {errors::FileError.toString(),
            u"Cannot write %1: %2."_s.arg(path, QString::fromLocal8Bit(std::strerror(code))),
            {}};
}

} // namespace

Result<std::unique_ptr<OutputFile>> OutputFile::open(const QString &path)
{
    const QByteArray name = QFile::encodeName(path);
    const int flags = O_WRONLY | O_CLOEXEC | O_NOCTTY;
    int fd = -1;
    bool isNew = false;
    do {
        fd = ::open(name.constData(), flags | O_CREAT | O_EXCL, ModeOfNew);
        isNew = fd >= 0;
        if (fd < 0 && errno == EEXIST) {
            fd = ::open(name.constData(), flags);
            if (fd < 0 && errno == ENOENT) // a link to a file that is still to be made
                fd = ::open(name.constData(), flags | O_CREAT, ModeOfNew);
        }
    } while (fd < 0 && errno == EINTR);
    if (fd < 0)
        return fail(cannotWrite(path, errno));
    return std::unique_ptr<OutputFile>(new OutputFile(path, fd, isNew));
}

OutputFile::OutputFile(const QString &path, int fd, bool isNew)
    : m_path(path)
    , m_fd(fd)
    , m_isNew(isNew)
    , m_isRegular(isRegular(fd))
    , m_writer(fd)
{
    connect(&m_writer, &OutputWriter::drained, this, &OutputFile::settled);
    connect(&m_writer, &OutputWriter::broken, this, [this](int code) {
        m_failure = code;
        Q_EMIT settled();
    });
}

OutputFile::~OutputFile()
{
    if (m_fd >= 0)
        ::close(m_fd);
}

void OutputFile::write(const QByteArray &content)
{
    m_isNew = false;
    if (m_isRegular && ::ftruncate(m_fd, 0) != 0)
        m_failure = errno;
    else
        m_writer.write(content);
}

void OutputFile::discard()
{
    if (std::exchange(m_isNew, false))
        ::unlink(QFile::encodeName(m_path).constData());
}

Result<void> OutputFile::close()
{
    if (m_fd >= 0 && ::close(std::exchange(m_fd, -1)) != 0 && m_failure == 0)
        m_failure = errno;
    if (m_failure)
        return fail(cannotWrite(m_path, m_failure));
    return {};
}

} // namespace isol8::cli
