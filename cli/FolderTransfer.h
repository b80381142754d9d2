// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cli/NewLocalFile.h>
#include <cli/Signals.h>
#include <isol8/archive/TarReader.h>
#include <isol8/execution/Transfer.h>

#include <QFile>
#include <QList>
#include <QObject>
#include <QSet>
#include <QStringList>

#include <memory>

namespace isol8::cli {

/*!
    A folder of this machine's into an Upload of one, with all that is in it, times and permission bits kept. Symbolic
    links stay links; one that leads out is left out, as is what is no file, folder or link. Deletes itself behind
    finished().
*/
class FolderPut : public QObject
{
    Q_OBJECT

public:
    //! \a upload is its own from now on.
    FolderPut(Upload *upload, const QString &folder, QObject *parent);

    //! Sentences about what was left out.
    [[nodiscard]] QStringList notes() const { return m_notes; }

Q_SIGNALS:
    //! An error without a code: all is there.
    void finished(const isol8::Error &error);

private:
    void pump();
    [[nodiscard]] Error list(const QByteArray &name);
    [[nodiscard]] Error add(const QByteArray &name);
    [[nodiscard]] Error begin(archive::TarMember member);
    [[nodiscard]] Error sendPart();
    [[nodiscard]] Error cannotRead(const QByteArray &name, const QString &why) const;
    void end(const Error &error);

    Upload *m_upload;
    QByteArray m_folder;
    QList<archive::TarMember> m_members;
    qsizetype m_next = 0;
    QFile m_file; //!< open: the member that is sent
    qint64 m_left = 0;
    bool m_ended = false; //!< all was given to the upload
    QStringList m_notes;
};

/*!
    A Download of a folder into a new one of this machine's, which appears when all of it is there; times and permission
    bits kept. The sandbox chooses what it is called, so nothing hidden is made, no isol8.config.json, and no link that
    leads out of it: notes() names them. Deletes itself behind finished().
*/
class FolderGet : public QObject
{
    Q_OBJECT

public:
    //! \a download is its own from now on.
    FolderGet(Download *download, const QString &folder, QObject *parent);
    ~FolderGet() override;

    [[nodiscard]] QStringList notes() const { return m_notes; }
    //! False: what is asked for is no folder, or is not to be had.
    [[nodiscard]] bool wasOpened() const { return m_opened; }

Q_SIGNALS:
    //! exists; file_error; cancelled, by SIGINT or SIGTERM; the download's own.
    void finished(const isol8::Error &error);

private:
    [[nodiscard]] Error open();
    [[nodiscard]] Error feed(const QByteArray &bytes);
    [[nodiscard]] Error begin();
    [[nodiscard]] Error endFile();
    [[nodiscard]] Error finish();
    [[nodiscard]] bool isLeftOut(const QByteArray &name);
    [[nodiscard]] Descriptor parentOf(const QByteArray &name) const;
    [[nodiscard]] Error cannotWrite(const QByteArray &name) const; //!< for errno
    void check(const Error &error);
    void end(const Error &error);

    Download *m_download;
    Signals m_signals;
    QString m_folder;
    QByteArray m_leaf;
    QByteArray m_temporary; //!< its name until it is whole
    Descriptor m_parent;
    Descriptor m_root;
    archive::TarReader m_reader;
    QList<archive::TarMember> m_folders; //!< which get their modes and times at the end
    QSet<QByteArray> m_leftOut;
    archive::TarMember m_member;
    Descriptor m_file; //!< of that
    QStringList m_notes;
    bool m_opened = false;
};

} // namespace isol8::cli
