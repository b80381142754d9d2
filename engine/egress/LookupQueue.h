// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/egress/Resolver.h>

#include <QObject>

namespace isol8::egress {

/*!
    Asks another resolver for one user of it, with so many lookups under way at most; the rest wait in order. A lookup
    whose context goes is given up at once. Deleting it gives up all.
*/
class LookupQueue : public QObject, public Resolver
{
    Q_OBJECT

public:
    //! \a resolver must outlive it.
    explicit LookupQueue(Resolver *resolver, int most = 16);

    void setMost(int most) { m_most = most; }
    void resolve(const QString &host, const Callback<QList<QHostAddress>> &done) override;

private:
    struct Waiting
    {
        QString host;
        Callback<QList<QHostAddress>> done;
    };
    void start(const Waiting &lookup);
    void startNext();
    void leave();

    Resolver *m_resolver;
    int m_most;
    int m_active = 0;
    QList<Waiting> m_waiting;
};

} // namespace isol8::egress
