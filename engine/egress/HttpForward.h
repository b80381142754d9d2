// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/egress/Dial.h>
#include <isol8/egress/Inlet.h>
#include <isol8/egress/Origin.h>
#include <isol8/egress/Target.h>
#include <isol8/http/ResponseParser.h>

#include <optional>

namespace isol8::egress {

/*!
    HTTP/1.1 between a program and the servers that its requests name, one request after another. Each is read whole
    before a byte of it goes out, decided anew, and written anew: what one parser saw is what the next one gets.
    A server's connection is kept while requests are for the same host and port. A host that the ledger has an origin
    for is answered by that.

    Inside a tunnel requests are for the tunnel's end, and their Host fields must say so.
*/
class HttpForward : public QObject
{
    Q_OBJECT

public:
    //! \a inlet must outlive it.
    HttpForward(Inlet *inlet, Ledger *ledger);
    //! Inside a tunnel to \a tunnel, over its connection \a server.
    HttpForward(Inlet *inlet, Ledger *ledger, const Authority &tunnel, std::unique_ptr<SocketStream> server);

    void start();
    //! Ends the entry; \a refusal as its reason.
    void giveUp(const Refusal &refusal);

    //! What raw() hands over.
    [[nodiscard]] std::unique_ptr<SocketStream> takeServer();
    [[nodiscard]] std::unique_ptr<Transaction> takeTransaction() { return std::move(m_transaction); }
    [[nodiscard]] QByteArray takeRest() { return std::move(m_answer); }
    [[nodiscard]] const Authority &target() const { return m_target.authority; }

Q_SIGNALS:
    void finished(); //!< what is for the program has been written; its stream should end
    void broken();   //!< the program must notice that the connection was cut
    //! HTTP is over and a tunnel begins: after CONNECT (\a connect), or after an upgrade.
    void raw(bool connect);

private:
    enum class State { Head, Dialing, Exchange, Origin, Over };

    void onClientReadable();
    void onClientClosed();
    void onServerReadable();
    void readHead();
    void begin();
    void dial();
    void onDialled();
    void startExchange();
    void pumpRequest(bool all = false); //!< \a all: however much waits to be sent
    void pumpAnswer();
    bool step(const http::ResponseParser::Step &step);
    void onAnswerHead(const http::ResponseHead &head);
    void askOrigin(egress::Origin *origin);
    void pumpOrigin();
    void onOriginFinished(bool whole);
    void dropOrigin();
    void awaitNext();
    void onAnswerComplete();
    void onAnswerBroken(const QString &problem);
    [[nodiscard]] bool canRepeat() const;
    void adopt(std::unique_ptr<SocketStream> server);
    void dropServer();
    void dropDial();
    void refuseHead(const Refusal &refusal);
    void answerRefusal(const Refusal &refusal);
    void over(bool clean);

    Inlet *m_inlet;
    Ledger *m_ledger;
    std::optional<Authority> m_tunnel;
    State m_state = State::Head;
    qsizetype m_searched = 0; //!< of the inlet's buffer: no end of a head in there
    http::RequestHead m_head;
    Target m_target;
    http::BodyDecoder m_body;
    std::unique_ptr<Transaction> m_transaction;
    std::unique_ptr<Dial> m_dial;
    std::unique_ptr<OriginReply> m_reply;
    std::unique_ptr<SocketStream> m_server;
    Authority m_serverTarget;
    bool m_reused = false; //!< the server's connection has carried a request before
    http::ResponseParser m_parser;
    QByteArray m_answer;     //!< of the server, not parsed
    bool m_answered = false; //!< something of the answer has come
    bool m_headSent = false;
    bool m_requestDone = false;
    bool m_toChunks = false;
    bool m_closes = false; //!< the program's connection ends behind this answer
    QTimer m_headTimer;
};

} // namespace isol8::egress
