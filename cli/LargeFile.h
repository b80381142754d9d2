// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/execution/Transfer.h>

#include <QFile>
#include <QObject>

#include <memory>

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

//! A Download into a file of this machine's, or to stdout. Deletes itself behind finished().
class LargeGet : public QObject
{
    Q_OBJECT

public:
    //! \a name "-": stdout. \a replace: a file that is there; one that is new does not stay where this fails.
    LargeGet(Download *download, const QString &name, bool replace, QObject *parent);

Q_SIGNALS:
    void finished(const isol8::Error &error);

private:
    void open();
    void write(const QByteArray &bytes);
    void end(const Error &error);
    void cannotWrite();

    Download *m_download;
    QFile m_file;
    bool m_isStdout;
    bool m_replace;
};

} // namespace isol8::cli
