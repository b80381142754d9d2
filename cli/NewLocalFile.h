// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QCryptographicHash>

#include <memory>
#include <optional>
#include <utility>

#include <sys/types.h>
#include <unistd.h>

namespace isol8::cli {

//! An open file descriptor, closed at its end; or none.
class Descriptor
{
public:
    explicit Descriptor(int fd = -1)
        : m_fd(fd)
    {
    }
    ~Descriptor() { reset(); }
    Descriptor(Descriptor &&other) noexcept
        : m_fd(std::exchange(other.m_fd, -1))
    {
    }
    Descriptor &operator=(Descriptor &&other) noexcept
    {
        reset(std::exchange(other.m_fd, -1));
        return *this;
    }
    Descriptor(const Descriptor &) = delete;
    Descriptor &operator=(const Descriptor &) = delete;

    void reset(int fd = -1)
    {
        if (m_fd >= 0)
            ::close(m_fd);
        m_fd = fd;
    }
    [[nodiscard]] int get() const { return m_fd; }
    explicit operator bool() const { return m_fd >= 0; }

private:
    int m_fd;
};

/*!
    A file that appears under its name when it is complete; readers see what was there before, or all of it. Zeros of
    whole pieces become holes. What is not published leaves nothing behind.
*/
class NewLocalFile
{
public:
    NewLocalFile() = default;
    ~NewLocalFile();
    NewLocalFile(NewLocalFile &&other) noexcept;
    NewLocalFile &operator=(NewLocalFile &&) = delete;

    enum class Hashed { No, Yes };
    //! In the folder \a parent, which must stay open; \a mode: permission bits, less the umask. 0, or errno; so of all
    //! others.
    [[nodiscard]] int open(int parent, uint mode, Hashed hashed = Hashed::No);
    [[nodiscard]] int write(const QByteArray &bytes);
    //! contentHash() of what was written, where it was asked for.
    [[nodiscard]] QByteArray hash() const { return m_hash->result().toHex(); }
    [[nodiscard]] int setMode(uint mode) const; //!< these bits, whatever the umask
    //! In place of the file \a leaf, which keeps its mode, \a replaced; \a mtimeMs since 1970, 0: as it comes.
    [[nodiscard]] int publish(const QByteArray &leaf, std::optional<mode_t> replaced, qint64 mtimeMs);

private:
    [[nodiscard]] int prepare(std::optional<mode_t> mode, qint64 mtimeMs) const;

    int m_parent = -1;
    Descriptor m_file;
    QByteArray m_temporary; //!< its name while it has one of its own
    qint64 m_size = 0;
    std::unique_ptr<QCryptographicHash> m_hash;
};

//! SHA-256, hexadecimal; empty for what cannot be read.
[[nodiscard]] QByteArray contentHash(int fd);
[[nodiscard]] QByteArray contentHash(const QByteArray &content);

} // namespace isol8::cli
