// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/builder/BuildContext.h>

#include <QDir>

#include <cstdlib>
#include <numeric>

#include <fcntl.h>
#include <unistd.h>

using namespace Qt::StringLiterals;

namespace isol8 {

namespace {

constexpr qint64 Block = 512;

constexpr qint64 padded(qint64 size)
{
    return (size + Block - 1) / Block * Block;
}

// Right-aligned digits, as tar has them: octal, or where that is too short base 256.
qint64 sizeIn(const QByteArray &header)
{
    const QByteArray field = header.mid(124, 12);
    if (field.isEmpty())
        return -1;
    qint64 size = 0;
    if (uchar(field[0]) & 0x80) {
        for (qsizetype i = 4; i < field.size(); ++i)
            size = (size << 8) | uchar(field[i]);
        return size;
    }
    bool fine = false;
    size = field.left(field.indexOf('\0')).trimmed().toLongLong(&fine, 8);
    return fine ? size : -1;
}

// A part of a file, through a descriptor of its own.
class Part final : public QIODevice
{
public:
    Part(int fd, qint64 start, qint64 size)
        : m_start(start)
        , m_size(size)
    {
        m_file.open(fd, QIODevice::ReadOnly, QFileDevice::AutoCloseHandle);
        open(QIODevice::ReadOnly | QIODevice::Unbuffered);
    }
    [[nodiscard]] qint64 size() const override { return m_size; }

private:
    qint64 readData(char *data, qint64 most) override
    {
        const qint64 wanted = std::min(most, m_size - pos());
        if (wanted <= 0)
            return 0;
        return ::pread(m_file.handle(), data, size_t(wanted), m_start + pos());
    }
    qint64 writeData(const char *, qint64) override { return -1; }

    QFile m_file;
    qint64 m_start;
    qint64 m_size;
};

} // namespace

QByteArray tarMember(const QByteArray &name, const QByteArray &content, uint mode, uint owner)
{
    const auto octal = [](qulonglong number, int digits) -> QByteArray {
        return QByteArray::number(number, 8).rightJustified(digits, '0') + '\0';
    };
    QByteArray header = name.leftJustified(100, '\0', true);
    header += octal(mode, 7) + octal(owner, 7) + octal(owner, 7) + octal(qulonglong(content.size()), 11) + octal(0, 11);
    header += "        "; // the checksum's place while it is worked out
    header += name.endsWith('/') ? '5' : '0';
    header += QByteArray(100, '\0') + QByteArray("ustar\0"
                                                 "00",
                                                 8);
    header = header.leftJustified(Block, '\0');
    const uint sum = std::accumulate(header.cbegin(), header.cend(), 0U, [](uint s, char c) { return s + uchar(c); });
    header.replace(148, 8, QByteArray(QByteArray::number(sum, 8).rightJustified(6, '0') + QByteArray("\0 ", 2)));
    return header + content.leftJustified(padded(content.size()), '\0');
}

QByteArray tarEnd()
{
    return QByteArray(2 * Block, '\0');
}

Result<void> BuildContext::open()
{
    QByteArray path = QFile::encodeName(QDir::tempPath() + u"/isol8-build.XXXXXX"_s);
    const int fd = ::mkostemp(path.data(), O_CLOEXEC);
    if (fd < 0)
        return fail(errors::FileError,
                    u"No file can be made in %1; set TMPDIR to a place with room."_s.arg(QDir::tempPath()));
    ::unlink(path.constData());
    m_file.open(fd, QIODevice::ReadWrite | QIODevice::Unbuffered, QFileDevice::AutoCloseHandle);
    return {};
}

// The answer is a tar of its own, of one file: its header, perhaps behind a header of extensions, its content, its end.
Result<void> BuildContext::endMember()
{
    qint64 at = m_end;
    for (;;) {
        m_file.seek(at);
        const QByteArray header = m_file.read(Block);
        const qint64 size = header.size() == Block ? sizeIn(header) : -1;
        if (size < 0 || at + Block + padded(size) > m_file.size())
            return fail(errors::ImageFailed, u"Docker gave no whole layer."_s);
        const char type = header[156];
        if (type == '0' || type == '\0') {
            m_lastStart = at + Block;
            m_lastSize = size;
            m_end = at + Block + padded(size);
            break;
        }
        if (type != 'x' && type != 'g' && type != 'L')
            return fail(errors::ImageFailed, u"Docker gave something else than a layer."_s);
        at += Block + padded(size);
    }
    m_file.resize(m_end);
    m_file.seek(m_end);
    return {};
}

std::unique_ptr<QIODevice> BuildContext::lastMember() const
{
    return std::make_unique<Part>(::dup(m_file.handle()), m_lastStart, m_lastSize);
}

Result<void> BuildContext::finish(const QByteArray &dockerfile)
{
    m_file.seek(m_end);
    const QByteArray rest = tarMember("Dockerfile", dockerfile, 0644, 0) + tarEnd();
    if (m_file.write(rest) != rest.size() || !m_file.seek(0))
        return fail(errors::FileError,
                    u"There is no room left in %1; set TMPDIR to a place with more."_s.arg(QDir::tempPath()));
    return {};
}

} // namespace isol8
