// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/base/Units.h>
#include <isol8/egress/HostRules.h>
#include <isol8/egress/LookupQueue.h>
#include <isol8/egress/SocketStream.h>

#include <QDateTime>
#include <QElapsedTimer>
#include <QJsonObject>
#include <QMap>
#include <QObject>

namespace isol8::egress {

class Origin;
struct Target;

//! What one run may take of the door.
struct GateLimits
{
    int connections = 256;             //!< at once
    int lookups = 16;                  //!< of names, at once; more wait for their turn
    qint64 connectionsInAll = 100'000; //!< of one Gate
    qint64 bytes = 8 * GiB;            //!< both directions together; 0: any number
    milliseconds idle{300'000};        //!< in which something must move; a connection ends after up to 1.5 times that
    milliseconds head{30'000};         //!< for a request's head, a SOCKS5 or TLS greeting, once begun
    milliseconds connect{15'000};      //!< for resolving a name, and for each address that is tried
    milliseconds linger{5'000};        //!< for the program to read the last of what it was sent
    qsizetype logEntries = 1000;       //!< kept; the rest is counted
    QList<int> tlsPorts{443};          //!< where a tunnel carries TLS and nothing else
    QList<int> httpPorts{80};          //!< where a tunnel carries TLS, or HTTP for the tunnel's end
    friend bool operator==(const GateLimits &, const GateLimits &) = default;
};

//! One request or tunnel, as `networkLogs` has it. No credential is in it: userinfo and queries are left out.
struct LogEntry
{
    QDateTime timestamp; //!< of its begin
    QString method;      //!< of HTTP; "SOCKS5"; empty where it could not be read
    QString host;        //!< as egress::Host has it; where that was refused, a printable part of what came
    QString path;        //!< null for tunnels
    bool allowed = true;
    milliseconds duration{0};
    int port = 0;
    qint64 bytesIn = 0;  //!< from the server
    qint64 bytesOut = 0; //!< to the server
    QString reason;      //!< a code of egress::reasons; empty: nothing was wrong
    friend bool operator==(const LogEntry &, const LogEntry &) = default;

    [[nodiscard]] QJsonObject toJson() const;
};

struct GateStatistics
{
    qint64 bytesIn = 0;     //!< from servers
    qint64 bytesOut = 0;    //!< to servers
    qint64 connections = 0; //!< accepted, in all
    qint64 refused = 0;     //!< log entries with BLOCK
    qint64 dropped = 0;     //!< log entries that were not kept
};

/*!
    What the connections of one Gate share: rules, limits, where names are resolved, the log and the sums.
*/
class Ledger : public QObject
{
    Q_OBJECT

public:
    //! \a resolver must outlive it.
    explicit Ledger(Resolver *resolver, QObject *parent = nullptr)
        : QObject(parent)
        , names(resolver)
    {
    }

    //! Keeps \a entry, and tells of it when the event loop gets to it: who listens may delete whatever is at work now.
    void add(const LogEntry &entry, const QString &sentence);
    //! Tells now what add() has not told yet. Not for what add() is called from.
    void tell();
    void count(qint64 in, qint64 out);
    //! What answers in the network's place; null: nothing does.
    [[nodiscard]] Origin *originFor(const Target &target) const;
    [[nodiscard]] bool isExhausted() const
    {
        return limits.bytes > 0 && statistics.bytesIn + statistics.bytesOut >= limits.bytes;
    }

    LookupQueue names;
    std::shared_ptr<SocketStream::Leaving> leaving = std::make_shared<SocketStream::Leaving>(); //!< outlives this
    HostRules rules;
    QMap<QByteArray, Origin *> origins; //!< by host, on port 80; owned by whoever gave them
    GateLimits limits;
    GateStatistics statistics;
    QList<LogEntry> log;

Q_SIGNALS:
    void logged(const isol8::egress::LogEntry &entry);
    void refused(const isol8::egress::LogEntry &entry, const QString &sentence);
    void exhausted();

private:
    QList<std::pair<LogEntry, QString>> m_untold;
};

/*!
    A log entry in the making. It is added by finish(), or by the destructor (as Abandoned where nothing else was said).
*/
class Transaction
{
public:
    Transaction(Ledger *ledger, const QString &method, const QString &host, int port, const QString &path);
    ~Transaction();
    Q_DISABLE_COPY_MOVE(Transaction)

    void addIn(qint64 bytes);
    void addOut(qint64 bytes);
    //! The first one counts.
    void refuse(const Refusal &refusal);
    void finish();

private:
    Ledger *m_ledger;
    LogEntry m_entry;
    QString m_sentence;
    QElapsedTimer m_timer;
    bool m_finished = false;
};

} // namespace isol8::egress
