// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/egress/Resolver.h>
#include <isol8/http/Connection.h>
#include <isol8/remotecode/CodeCache.h>
#include <isol8/remotecode/CodePolicy.h>

#include <QObject>
#include <QTimer>

#include <memory>

namespace isol8::remotecode {

//! What is wanted.
struct CodeRequest
{
    CodeUrl url;
    QString hash;               //!< SHA-256, hexadecimal in any case; empty: whatever comes
    bool allowInsecure = false; //!< http will do, too
};

/*!
    Fetches one program. Ends by exactly one finished(), never from inside start(); deleting it gives up.

    For the URL, and again for each redirect (at most \c RedirectLimit): decide by scheme, host and port, resolve the
    host, check every address, connect to one that was checked, TLS for the URL's host. Where one of a host's addresses
    is refused, all are. The host's proxy settings are not used: a proxy would resolve the name again, out of sight.

    What comes is counted while it comes, must be text, must have an end that can be told from a cut (a length, chunks,
    or else the request's hash), and must have the request's hash. The policy's fetchTimeout covers all of it.

    Errors: remote_code_refused, remote_code_failed, remote_code_too_large, remote_code_not_text,
    remote_code_hash_mismatch, remote_code_timeout.
*/
class CodeFetch : public QObject
{
    Q_OBJECT

public:
    //! \a resolver must outlive it. \a authorities: a file of certificates that are trusted besides the system's.
    CodeFetch(CodeRequest request, CodePolicy policy, egress::Resolver *resolver, QString authorities,
              QObject *parent = nullptr);
    ~CodeFetch() override;

    void start();

    static constexpr int RedirectLimit = 5;

Q_SIGNALS:
    void finished(const isol8::Result<isol8::remotecode::CodeEntry> &result);

private:
    void visit(const CodeUrl &url);
    void resolved(const Result<QList<QHostAddress>> &addresses);
    void tryNext();
    void onHead(const http::ResponseHead &head);
    void onBody(const QByteArray &data);
    void tooLarge();
    void onFinished(const http::Failure &failure);
    void followRedirect(const http::ResponseHead &head);
    void drop();
    void complete();
    void fail(QStringView code, const QString &sentence, const QString &detail = {});
    void end(const Result<CodeEntry> &result);

    CodeRequest m_request;
    CodePolicy m_policy;
    egress::Resolver *m_resolver;
    QString m_authorities;
    CodeUrl m_url; //!< that is being asked
    QList<QHostAddress> m_addresses;
    std::unique_ptr<http::Connection> m_connection;
    CodeEntry m_entry;
    QTimer m_deadline;
    QTimer m_patience; //!< with one address, where there are others
    quint64 m_visit = 0;
    bool m_over = false;
};

//! remote_code_not_text or remote_code_hash_mismatch where \a content is not the program that was wanted. Pure.
[[nodiscard]] Result<void> checkCode(const QByteArray &content, const QByteArray &hash, const CodeRequest &request);

} // namespace isol8::remotecode
