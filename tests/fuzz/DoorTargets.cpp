// SPDX-License-Identifier: GPL-3.0-or-later
#include "Functions.h"
#include "Kit.h"

#include <isol8/egress/AddressRange.h>
#include <isol8/egress/AddressRule.h>
#include <isol8/egress/ClientHello.h>
#include <isol8/egress/Gate.h>
#include <isol8/egress/HostPatterns.h>
#include <isol8/egress/HostRules.h>
#include <isol8/egress/HostsFile.h>
#include <isol8/egress/Origin.h>
#include <isol8/egress/Resolver.h>
#include <isol8/egress/Socks5.h>
#include <isol8/egress/Target.h>

#include <QCoreApplication>
#include <QPointer>

#include <memory>

using namespace Qt::StringLiterals;

namespace isol8::fuzz {

namespace {

// A program's connection, and what the door has answered.
class Connection final : public ByteStream
{
public:
    explicit Connection(QByteArray *answer)
        : m_answer(answer)
    {
    }

    void arrive(QByteArrayView bytes)
    {
        m_in += bytes;
        Q_EMIT readable();
    }
    void arriveEnd()
    {
        m_ended = true;
        Q_EMIT readable();
    }

    QByteArray read(qsizetype most) override
    {
        const QByteArray data = m_in.left(most);
        m_in.remove(0, data.size());
        return data;
    }
    qsizetype available() const override { return m_in.size(); }
    void write(const QByteArray &data) override
    {
        if (!m_closed)
            *m_answer += data;
    }
    qsizetype pending() const override { return 0; }
    void end() override { m_closed = true; }
    void abort() override
    {
        m_closed = true;
        m_in.clear();
    }
    bool atEnd() const override { return m_ended && m_in.isEmpty(); }

private:
    QByteArray m_in;
    QByteArray *m_answer;
    bool m_ended = false;
    bool m_closed = false;
};

// No name stands for anything.
class NoNames final : public egress::Resolver
{
public:
    void resolve(const QString &, const Callback<QList<QHostAddress>> &done) override
    {
        QMetaObject::invokeMethod(
            done.context(), [done] { done(fail(errors::NotFound, u"none"_s)); }, Qt::QueuedConnection);
    }
};

class PathReply final : public egress::OriginReply
{
public:
    explicit PathReply(const egress::Origin::Request &request)
        : m_body(request.path)
    {
        QMetaObject::invokeMethod(
            this, [this] { send(); }, Qt::QueuedConnection);
    }
    QByteArray read(qsizetype most) override
    {
        const QByteArray data = m_body.left(most);
        m_body.remove(0, data.size());
        return data;
    }
    bool atEnd() const override { return m_body.isEmpty(); }

private:
    void send()
    {
        const QPointer<PathReply> self(this);
        http::ResponseHead head;
        head.status = 200;
        head.headers.append({"Content-Length", QByteArray::number(m_body.size())});
        Q_EMIT this->head(head);
        if (self)
            Q_EMIT readable();
        if (self)
            Q_EMIT finished(true);
    }

    QByteArray m_body;
};

class PathOrigin final : public egress::Origin
{
public:
    std::unique_ptr<egress::OriginReply> serve(const Request &request) override
    {
        demand(request.method == "GET" || request.method == "HEAD", "door: another method for an origin");
        demand(request.path.startsWith('/'), "door: no path for an origin");
        const auto clean = [](const QByteArray &text) {
            return std::none_of(text.begin(), text.end(), [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
        };
        demand(clean(request.path), "door: a line's end in a path");
        for (const http::Header &header : request.headers)
            demand(clean(header.name) && clean(header.value), "door: a line's end in a field");
        return std::make_unique<PathReply>(request);
    }
};

void settle()
{
    for (int i = 0; i < 8; ++i) {
        QCoreApplication::sendPostedEvents();
        QCoreApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete);
    }
}

} // namespace

// A whole connection of a program. It reaches one host that the engine answers for; no other name stands for an
// address.
void door(QByteArrayView input)
{
    static int argc = 1;
    static char name[] = "isol8-fuzz";
    static char *argv[] = {name, nullptr};
    static const QCoreApplication application(argc, argv);
    static const auto rules = egress::HostRules::compile({});
    const quint8 cut = cutOf(input);
    QByteArray logs[2];
    for (int i = 0; i < 2; ++i) {
        NoNames names;
        PathOrigin origin;
        egress::Gate gate(&names);
        gate.setRules(*rules, {{"in.example", &origin}});
        QByteArray answer;
        auto owned = std::make_unique<Connection>(&answer);
        const QPointer<Connection> program(owned.get());
        gate.accept(std::move(owned));
        settle();
        inPieces(input, i == 0 ? 0 : quint8(cut | 1), [&](QByteArrayView piece) {
            if (program)
                program->arrive(piece);
            settle();
            return !program.isNull();
        });
        if (program)
            program->arriveEnd();
        settle();
        gate.close();
        settle();
        for (const egress::LogEntry &entry : gate.log()) {
            demand(entry.host.size() <= 300, "door: a long host in the log");
            // Of what is no SOCKS the log shows what has come of it so far.
            const bool knows = entry.method != u"SOCKS5"_s || (entry.reason != egress::reasons::BadRequest &&
                                                               entry.reason != egress::reasons::Unsupported);
            const QString line = entry.method + (knows ? entry.host + QString::number(entry.port) : QString()) +
                                 entry.path + (entry.allowed ? u" + "_s : u" - "_s) + entry.reason + u'\n';
            logs[i] += line.toUtf8();
        }
        logs[i] += answer;
    }
    demand(logs[0] == logs[1], "door: cut matters");
}

void proxyRequest(QByteArrayView input)
{
    const http::HeadParse parse = http::parseRequestHead(input, http::TargetForm::Any, egress::ProxyHeadLimit);
    if (parse.status != http::HeadParse::Status::Done)
        return;
    (void)egress::loggedTarget(parse.head);
    const auto target = egress::judgeTarget(parse.head);
    if (!target.value) {
        demand(!target.refusal.code.isEmpty() && !target.refusal.sentence.isEmpty(), "proxy: refused without a word");
        return;
    }
    if (target.value->connect)
        return;
    const QByteArray forwarded = egress::forwardedHead(parse.head, *target.value);
    const http::HeadParse again = http::parseRequestHead(forwarded);
    demand(again.status == http::HeadParse::Status::Done, "proxy: writes what is no request");
    demand(again.consumed == forwarded.size(), "proxy: writes more than one request");
    demand(again.head.value("Host") == target.value->authority.host.forAuthority() ||
               again.head.value("Host").startsWith(QByteArray(target.value->authority.host.forAuthority() + ":")),
           "proxy: asks another host");
}

void clientHello(QByteArrayView input)
{
    const auto hello = egress::parseClientHello(input);
    demand(hello.consumed >= 0 && hello.consumed <= input.size(), "hello: consumed too much");
    if (hello.status != egress::ClientHello::Status::Done)
        return;
    const auto again = egress::parseClientHello(input.first(hello.consumed));
    demand(again.status == hello.status && again.serverName == hello.serverName, "hello: what follows matters");
}

void socks(QByteArrayView input)
{
    using egress::socks5::Status;
    const auto greeting = egress::socks5::parseGreeting(input);
    demand(greeting.consumed >= 0 && greeting.consumed <= input.size(), "socks: consumed too much");
    const auto rest = greeting.status == Status::Done ? input.sliced(greeting.consumed) : input;
    const auto request = egress::socks5::parseRequest(rest);
    demand(request.consumed >= 0 && request.consumed <= rest.size(), "socks: consumed too much");
    demand(request.status != Status::Done || !request.target.host.text.isEmpty(), "socks: no host");
    (void)egress::socks5::nameIn(rest);
}

void host(QByteArrayView input)
{
    const auto parsed = egress::parseHost(input);
    if (parsed.value) {
        const auto again = egress::parseHost(parsed.value->forAuthority());
        demand(again.value && *again.value == *parsed.value, "host: its own form is read otherwise");
        demand(parsed.value->text == parsed.value->text.toLower(), "host: not in lower case");
    } else {
        demand(!parsed.refusal.code.isEmpty(), "host: refused without a word");
    }
    (void)egress::parseAuthority(input, 443);
    demand(egress::shown(input).size() <= 81, "host: shown at length");
}

void hostsFile(QByteArrayView input)
{
    const auto table = egress::parseHosts(input);
    for (auto entry = table.cbegin(); entry != table.cend(); ++entry)
        demand(!entry.key().isEmpty() && !entry.value().isEmpty(), "hosts: an empty entry");
}

void hostPatterns(QByteArrayView input)
{
    const QList<QByteArray> lines = input.toByteArray().split('\n');
    QStringList patterns;
    for (const QByteArray &line : lines.mid(1, 4))
        patterns.append(QString::fromUtf8(line));
    for (const QString &pattern : std::as_const(patterns))
        (void)egress::patternCost(pattern);
    if (const auto compiled = egress::HostPatterns::compile(patterns))
        (void)compiled->matches(lines.first().left(256));
}

// Lines: a host, an address, then an entry of allowPrivate, then patterns.
void hostRules(QByteArrayView input)
{
    const QList<QByteArray> lines = input.toByteArray().split('\n');
    const auto target = egress::parseAuthority(lines.value(0), 443);
    const QHostAddress address(QString::fromUtf8(lines.value(1)));
    if (const auto range = egress::AddressRange::parse(lines.value(1)))
        demand(range->contains(range->base), "rules: a range without its own base");
    egress::RuleSet set;
    for (const QByteArray &line : lines.mid(3, 4))
        set.whitelist.append(QString::fromUtf8(line));
    const auto strict = egress::HostRules::compile(set);
    const QString entry = QString::fromUtf8(lines.value(2));
    set.allowPrivate.append(entry);
    const auto lenient = egress::HostRules::compile(set);
    demand(!strict || lenient.has_value() == egress::allowPrivateProblem(entry).isEmpty(), "rules: two opinions");
    if (!target.value || !strict)
        return;
    demand(!egress::HostRules().judge(*target.value).code.isEmpty(), "rules: no rules, and a host passes");
    const bool passes = strict->judge(*target.value).code.isEmpty();
    demand(!passes || !target.value->host.isAddress(), "rules: an address passes");
    demand(!passes || target.value->port == 80 || target.value->port == 443, "rules: another port passes");
    if (!address.isNull()) {
        const bool goes = strict->judgeAddress(*target.value, address).code.isEmpty();
        demand(goes == egress::specialAddress(address).isEmpty(), "rules: an address that is not public");
        demand(!goes || (!address.isLoopback() && !address.isLinkLocal() && !address.isMulticast() &&
                         !address.isBroadcast() && !address.isUniqueLocalUnicast()),
               "rules: Qt knows it as special");
    }
}

} // namespace isol8::fuzz
