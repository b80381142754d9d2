// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/audit/AuditRecord.h>
#include <isol8/audit/AuditSettings.h>
#include <isol8/audit/RecordChain.h>
#include <isol8/base/Error.h>
#include <isol8/execution/Run.h>

#include <QElapsedTimer>
#include <QJsonObject>
#include <QList>
#include <QObject>
#include <QTimer>

#include <memory>

namespace isol8::audit {

class LineSink;
class PostLogScript;
class RecordFolder;

/*!
    Listens to runs and writes a line for each that ends, given up ones included. What cannot be written is said on
    stderr and counted; the run and its answer are not concerned. Where the records are another process's turn, it tries
    again for some seconds.

    Lives in the runs' thread, and longer than they do.
*/
class Auditor : public QObject
{
    Q_OBJECT

public:
    //! Where \a settings say that no records are kept, it keeps none.
    explicit Auditor(Settings settings, QObject *parent = nullptr);
    ~Auditor() override;

    //! Whether records can be written at all: file_error. A full disk is not an error here, for it may have room by
    //! then.
    [[nodiscard]] Result<void> open();
    //! For what ends from here on; runs that began while no records were kept get none. After file_error all stays as
    //! it was.
    [[nodiscard]] Result<void> setSettings(const Settings &settings);
    //! From the moment on that it was made, so that nothing of it is missed. \a runtime: what it will most likely be.
    void watch(Run *run, const RunRequest &request, const RunOptions &options, const Subject &subject,
               const QString &runtime);
    //! Of what was asked for and refused.
    void recordRefusal(const RunRequest &request, const RunOptions &options, const Subject &subject, const Error &why);

    [[nodiscard]] const Settings &settings() const { return m_settings; }
    [[nodiscard]] qint64 written() const { return m_written; }
    [[nodiscard]] qint64 lost() const { return m_lost; }
    //! Whether nothing waits to be written.
    [[nodiscard]] bool isSettled() const;

Q_SIGNALS:
    void settled();

private:
    class Watch;

    void setUp();
    void record(const QJsonObject &record);
    void flush();
    void lose(const Error &error);
    void tell(const Error &error);

    Settings m_settings;
    std::unique_ptr<RecordFolder> m_folder;
    std::unique_ptr<LineSink> m_sink;
    std::unique_ptr<PostLogScript> m_script;
    ChainPoint m_point; //!< of what goes to stdout
    QList<QJsonObject> m_waiting;
    QTimer m_retry;
    QElapsedTimer m_locked; //!< since when another process has had its turn
    QElapsedTimer m_told;
    qint64 m_written = 0;
    qint64 m_lost = 0;
    qint64 m_unsaid = 0; //!< losses that do not stand in the log yet
    qint64 m_untold = 0; //!< losses that were not said on stderr
};

//! Who runs this process, by name or else by number: Subject::userId of local runs.
[[nodiscard]] QString currentUser();

} // namespace isol8::audit
