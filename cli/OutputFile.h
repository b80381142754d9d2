// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cli/OutputWriter.h>
#include <isol8/base/Error.h>

#include <memory>

namespace isol8::cli {

/*!
    What --out names, opened as a shell's > would: links are followed, pipes and devices written to, an existing file
    keeps its mode and its links, a new one gets what the umask allows; no folder is made. What it held stays
    until write(), so that a run that does not come about costs nobody a file.
*/
class OutputFile : public QObject
{
    Q_OBJECT

public:
    //! file_error says why \a path cannot be written. Waits for the reader of a named pipe, as everybody does.
    [[nodiscard]] static Result<std::unique_ptr<OutputFile>> open(const QString &path);
    ~OutputFile() override;

    //! Replaces what was there by \a content. Once at most.
    void write(const QByteArray &content);
    //! There is nothing to write: takes a file that open() made away again.
    void discard();
    [[nodiscard]] qsizetype pending() const { return m_writer.pending(); }
    //! After pending() has come to zero: whether all has arrived.
    [[nodiscard]] Result<void> close();

Q_SIGNALS:
    //! pending() is zero, or the rest will never be written.
    void settled();

private:
    OutputFile(const QString &path, int fd, bool isNew);

    QString m_path;
    int m_fd;
    bool m_isNew;
    bool m_isRegular;
    int m_failure = 0; //!< errno
    OutputWriter m_writer;
};

} // namespace isol8::cli
