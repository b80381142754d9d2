// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cli/NewLocalFile.h>
#include <isol8/execution/Transfer.h>

#include <QFile>
#include <QObject>
#include <QSocketNotifier>

#include <memory>
#include <optional>

namespace isol8::cli {

//! A file of this machine's into an Upload, as fast as that takes it. Deletes itself behind finished().
class LargePut : public QObject
{
    Q_OBJECT

public:
    //! \a upload and \a file, which is open, are its own from now on.
    LargePut(Upload *upload, std::unique_ptr<QFile> file, QObject *parent);

Q_SIGNALS:
    //! An error without a code: it is there.
    void finished(const isol8::Error &error);

private:
    void pump();
    void end(const Error &error);

    Upload *m_upload;
    std::unique_ptr<QFile> m_file;
};

//! stdin into an Upload, as it comes and as that takes it. Deletes itself behind finished().
class StdinPut : public QObject
{
    Q_OBJECT

public:
    //! \a upload is its own from now on; \a start: what was read of stdin already.
    StdinPut(Upload *upload, const QByteArray &start, QObject *parent);

Q_SIGNALS:
    //! An error without a code: it is there.
    void finished(const isol8::Error &error);

private:
    void read();
    void end(const Error &error);

    Upload *m_upload;
    QSocketNotifier m_stdin;
};

//! What becomes a file of this machine's, as it comes. A device or pipe gets it at once, everything else is as it was
//! until finish().
class LocalTarget
{
public:
    //! \a name "-": stdout. \a replace: a file that is there; of one that a link leads to, that file.
    LocalTarget(const QString &name, bool replace)
        : m_file(name)
        , m_replace(replace)
    {
    }

    //! An error without a code: it went well; so of all. \a like: mode, where it has one, and time that it gets.
    [[nodiscard]] Error open(const SessionFile &like);
    [[nodiscard]] Error write(const QByteArray &bytes);
    [[nodiscard]] Error finish();

private:
    [[nodiscard]] bool isStdout() const { return m_file.fileName() == u"-"; }
    [[nodiscard]] Error cannotWrite(const QString &why) const;
    [[nodiscard]] Error outcome(int code) const;

    QFile m_file; //!< open where it is written to directly
    bool m_replace;
    QByteArray m_leaf;
    Descriptor m_folder;
    std::optional<NewLocalFile> m_new; //!< in it
    uint m_mode = 0;
    qint64 m_mtimeMs = 0;
};

//! A Download into a file of this machine's, or to stdout. Deletes itself behind finished().
class LargeGet : public QObject
{
    Q_OBJECT

public:
    //! \a download is its own from now on.
    LargeGet(Download *download, const QString &name, bool replace, QObject *parent);

    //! False: what is asked for is no file, or is not to be had.
    [[nodiscard]] bool wasOpened() const { return m_opened; }

Q_SIGNALS:
    void finished(const isol8::Error &error);

private:
    void check(const Error &error);
    void end(const Error &error);

    Download *m_download;
    LocalTarget m_target;
    bool m_opened = false;
};

} // namespace isol8::cli
