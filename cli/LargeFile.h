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

//! A Download into a file of this machine's, or to stdout. Deletes itself behind finished().
class LargeGet : public QObject
{
    Q_OBJECT

public:
    //! \a name "-": stdout. \a replace: a file that is there; one that is new appears when it is complete.
    LargeGet(Download *download, const QString &name, bool replace, QObject *parent);

Q_SIGNALS:
    void finished(const isol8::Error &error);

private:
    void open();
    void write(const QByteArray &bytes);
    void end(const Error &error);
    void cannotWrite(const QString &why);

    Download *m_download;
    QFile m_file; //!< one that is replaced
    Descriptor m_folder;
    std::optional<NewLocalFile> m_new; //!< in it
    bool m_isStdout;
    bool m_replace;
};

} // namespace isol8::cli
