// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QObject>
#include <QUrl>

namespace isol8::registry {

//! What is known of an answer before its body.
struct Answer
{
    int status = 0;
    QByteArray contentType;
    QByteArray etag;
    QByteArray lastModified;
    qint64 length = -1; //!< of the body; -1: not known
    bool framed = true; //!< its end can be told from a connection that broke off
    QUrl url;           //!< where it came from in the end

    friend bool operator==(const Answer &, const Answer &) = default;
};

/*!
    An answer under way, from a registry or from the cache. head() at most once, then readable() for the body, then
    finished() once. No signal comes from inside a call. Deleting it, also in a slot of its signals, gives up.
*/
class Source : public QObject
{
    Q_OBJECT

public:
    using QObject::QObject;

    virtual void start() = 0;
    //! After head().
    [[nodiscard]] const Answer &answer() const { return m_answer; }
    //! At most \a most bytes; what is not taken holds the sender back.
    [[nodiscard]] virtual QByteArray read(qint64 most) = 0;
    //! After finished(): a sentence without a secret, or empty where all is well.
    [[nodiscard]] QString problem() const { return m_problem; }

Q_SIGNALS:
    void head();
    void readable();
    //! All that there is can be read.
    void finished();

protected:
    Answer m_answer;
    QString m_problem;
};

} // namespace isol8::registry
