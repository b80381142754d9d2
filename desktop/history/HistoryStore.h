// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <desktop/core/Program.h>
#include <desktop/history/DraftSlot.h>
#include <isol8/execution/RunResult.h>

#include <QDateTime>
#include <QList>
#include <QObject>
#include <QSqlError>
#include <QTimer>

#include <optional>

namespace isol8::desktop {

//! A run of the past as lists show it.
struct HistoryRow
{
    qint64 id = 0;
    QDateTime started;
    QString title;
    QString runtime;
    QString connection;
    Reason reason = Reason::Internal;
    int exitCode = 0;
    qint64 durationMs = 0;
    double peakMemoryMB = 0;
};

//! All that was kept of it.
struct HistoryEntry
{
    HistoryRow row;
    Program program; //!< without the values of secrets
    QString output;
    QString errorOutput;
    QString error;

    [[nodiscard]] QString wholeText() const; //!< for people
};

/*!
    Every run, in an SQLite file, and the program that is being written, so that neither a crash nor a kill loses it.
    Output is kept up to MaxOutput of each stream. Secrets are not kept. What cannot be written, because another holds
    the file or the disk is full, waits and is tried again. A damaged file is set aside and a new one begun; where none
    can be, the history is that of this process alone. problem() says so.
*/
class HistoryStore : public QObject
{
    Q_OBJECT

public:
    //! \a path: the file, made where it is not there; problem() says what is wrong with it.
    explicit HistoryStore(const QString &path, QObject *parent = nullptr);
    ~HistoryStore() override;

    [[nodiscard]] QString problem() const { return m_trouble.isEmpty() ? m_problem : m_trouble; }

    //! The id; 0 where it could not be kept, or not yet.
    qint64 add(const Program &program, const RunResult &result);
    void addMany(const QList<std::pair<Program, RunResult>> &runs);
    //! Newest first. \a search: in programs, output and runtimes; empty: all. \a limit rows from \a offset.
    [[nodiscard]] QList<HistoryRow> rows(const QString &search, int offset, int limit) const;
    //! Newest first, of a session.
    [[nodiscard]] QList<HistoryRow> ofSession(const QString &connection, const QString &session, int limit) const;
    [[nodiscard]] std::optional<HistoryEntry> entry(qint64 id) const;
    void remove(const QList<qint64> &ids);

    //! Of this window.
    void saveDraft(const Program &program);
    [[nodiscard]] std::optional<Program> draft();
    //! Of all windows, those that a kill has ended, too.
    [[nodiscard]] QList<Program> drafts() const;
    //! A program that was not saved and gave way to another; the newest of them comes back, and is then no more here.
    void keepReplaced(const Program &program);
    [[nodiscard]] std::optional<Program> takeReplaced();
    [[nodiscard]] bool hasReplaced() const;

    static constexpr qsizetype MaxOutput = 64 * 1024; //!< bytes
    static constexpr int MaxReplaced = 20;

Q_SIGNALS:
    void changed();
    void problemChanged();

private:
    [[nodiscard]] QSqlError open(const QString &name);
    [[nodiscard]] QSqlError prepare();
    [[nodiscard]] QSqlError setAside();
    [[nodiscard]] QSqlError insert(const Program &program, const RunResult &result, qint64 *id);
    [[nodiscard]] QSqlError write(const Program &program, const RunResult &result, qint64 *id);
    [[nodiscard]] QSqlError writeDraft(const Program &program);
    [[nodiscard]] QList<std::pair<int, Program>> keptDrafts() const;
    void failed(const QSqlError &error);
    void writeWaiting();

    QString m_path;
    QString m_connection;
    QString m_problem; //!< for as long as this lives
    QString m_trouble; //!< until what waits is written
    DraftSlot m_slot;
    QList<std::pair<Program, RunResult>> m_waiting;
    std::optional<Program> m_waitingDraft;
    QTimer m_retry;
    bool m_fullText = false;
};

} // namespace isol8::desktop
