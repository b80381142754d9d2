// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/registry/BodyRewriter.h>
#include <isol8/registry/RegistryOrigin.h>

namespace isol8::registry {

//! An answer that is made here.
class MadeReply final : public egress::OriginReply
{
    Q_OBJECT

public:
    //! \a sentence is its body, in the form that the installer of \a kind prints.
    MadeReply(RegistryKind kind, int status, const QString &sentence, bool withBody);

    [[nodiscard]] QByteArray read(qsizetype most) override;
    [[nodiscard]] bool atEnd() const override { return m_body.isEmpty(); }

private:
    void send();

    http::ResponseHead m_head;
    QByteArray m_body;
};

//! The head and the body of such an answer.
[[nodiscard]] http::Response madeAnswer(RegistryKind kind, int status, const QString &sentence);

//! An answer of a registry, or of the cache in its place, on its way to the sandbox.
class RegistryReply final : public egress::OriginReply
{
    Q_OBJECT

public:
    RegistryReply(RegistryKind kind, std::shared_ptr<InstallState> state, const Asked &asked,
                  const FetchRequest &request);
    ~RegistryReply() override;

    [[nodiscard]] QByteArray read(qsizetype most) override;
    [[nodiscard]] bool atEnd() const override { return m_out.isEmpty() && m_done; }

private:
    void begin(std::unique_ptr<Source> source);
    void fetch();
    void onHead();
    void onReadable();
    void onFinished();
    void pump();
    void notify();
    void notifyLater();
    bool take(const QByteArray &data);
    void complete();
    void remember();
    void answerMade(int status, const QString &sentence);
    void end(bool whole);
    void dropSource();
    [[nodiscard]] std::unique_ptr<BodyRewriter> rewriter(const Answer &answer) const;

    RegistryKind m_kind;
    std::shared_ptr<InstallState> m_state;
    Asked m_asked;
    FetchRequest m_request;
    QByteArray m_cacheKey; //!< empty: such an answer is not kept
    std::unique_ptr<Source> m_source;
    std::unique_ptr<BodyRewriter> m_rewriter;
    std::unique_ptr<BodyWriter> m_writer;
    bool m_fromCache = false;
    bool m_sourceEnded = false;
    bool m_headSent = false;
    bool m_remembered = false;
    bool m_done = false;    //!< all of the body is in m_out
    bool m_whole = false;   //!< and it is whole
    bool m_told = false;    //!< finished() has been said
    bool m_pending = false; //!< notify() will be called
    qint64 m_taken = 0;
    QByteArray m_tail; //!< of what came
    QByteArray m_out;
};

} // namespace isol8::registry
