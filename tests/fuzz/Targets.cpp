// SPDX-License-Identifier: GPL-3.0-or-later
#include "Targets.h"

#include <isol8/archive/TarReader.h>
#include <isol8/base/ShellWords.h>
#include <isol8/base/Units.h>
#include <isol8/config/Config.h>
#include <isol8/docker/Demultiplexer.h>
#include <isol8/docker/JsonStream.h>
#include <isol8/egress/ClientHello.h>
#include <isol8/egress/HostPatterns.h>
#include <isol8/egress/HostsFile.h>
#include <isol8/egress/Socks5.h>
#include <isol8/egress/Target.h>
#include <isol8/execution/RunRequest.h>
#include <isol8/execution/RunResult.h>
#include <isol8/execution/StreamEvent.h>
#include <isol8/guest/Glob.h>
#include <isol8/guest/door.h>
#include <isol8/guest/protocol.h>
#include <isol8/http/RequestHead.h>
#include <isol8/http/ResponseParser.h>
#include <isol8/http/WebSocketFrames.h>
#include <isol8/image/CheckUp.h>
#include <isol8/isolation/HostAdvice.h>
#include <isol8/isolation/Walls.h>
#include <isol8/output/OutputFilter.h>
#include <isol8/registry/BodyRewriter.h>
#include <isol8/registry/RegistrySettings.h>
#include <isol8/remotecode/CodeUrl.h>
#include <isol8/runtime/Packages.h>
#include <isol8/sandbox/FrameParser.h>

#include <QJsonDocument>
#include <QJsonObject>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

using namespace Qt::StringLiterals;

namespace isol8::fuzz {

namespace {

void demand(bool holds, const char *what)
{
    if (holds)
        return;
    std::fprintf(stderr, "fuzz: %s\n", what);
    std::abort();
}

// The first byte says how the rest is cut; the rest is the input itself.
template<class Feed> void inPieces(QByteArrayView input, quint8 cut, Feed &&feed)
{
    qsizetype size = cut == 0 ? input.size() : cut;
    while (!input.isEmpty()) {
        size = std::min<qsizetype>(std::max<qsizetype>(size, 1), input.size());
        if (!feed(input.first(size)))
            return;
        input = input.sliced(size);
        size = size * 2 % 61 + 1;
    }
}

quint8 cutOf(QByteArrayView &input)
{
    if (input.isEmpty())
        return 0;
    const auto cut = quint8(input.front());
    input = input.sliced(1);
    return cut;
}

QByteArray responseLog(QByteArrayView input, quint8 cut, http::ResponseParser::Expectation expectation)
{
    using Event = http::ResponseParser::Event;
    http::ResponseParser parser(expectation);
    QByteArray log;
    QByteArray rest;
    bool over = false;
    inPieces(input, cut, [&](QByteArrayView piece) {
        rest += piece;
        for (;;) {
            const auto step = parser.parse(rest);
            demand(step.consumed >= 0 && step.consumed <= rest.size(), "response: consumed what is not there");
            if (step.event == Event::Body)
                log += step.body.toByteArray();
            else if (step.event == Event::Head || step.event == Event::Interim)
                log += "[head " + QByteArray::number(parser.head().status) + ']';
            else if (step.event != Event::NeedMore)
                log += "[end " + QByteArray::number(int(step.event)) + ']';
            over = step.event == Event::Complete || step.event == Event::Failed || step.event == Event::Upgraded;
            if (over || step.event == Event::NeedMore) {
                demand(over || step.consumed == rest.size(), "response: wants more, but left some");
                rest.remove(0, step.consumed);
                return !over;
            }
            rest.remove(0, step.consumed);
        }
    });
    if (!over)
        log += "[finish " + QByteArray::number(int(parser.finish())) + ']';
    return log;
}

void httpResponse(QByteArrayView input)
{
    const quint8 cut = cutOf(input);
    http::ResponseParser::Expectation expectation;
    expectation.noBody = cut & 1;
    expectation.upgrade = cut & 2;
    expectation.interim = cut & 4;
    expectation.bodyLimit = cut & 8 ? 100 : http::NoLimit;
    demand(responseLog(input, 0, expectation) == responseLog(input, cut | 1, expectation), "response: cut matters");
}

void requestHead(QByteArrayView input)
{
    const quint8 cut = cutOf(input);
    for (const auto form : {http::TargetForm::Path, http::TargetForm::Any}) {
        const http::HeadParse whole = http::parseRequestHead(input, form);
        demand(whole.consumed >= 0 && whole.consumed <= input.size(), "request: consumed what is not there");
        if (whole.status != http::HeadParse::Status::Done)
            continue;
        demand(!whole.head.method.isEmpty() && !whole.head.target.contains('\r'), "request: no method");
        const http::HeadParse again = http::parseRequestHead(input.first(whole.consumed), form);
        demand(again.status == whole.status && again.head == whole.head, "request: what follows matters");
        QByteArray bodies[2];
        for (int i = 0; i < 2; ++i) {
            http::BodyDecoder decoder(whole.head, 4096);
            auto status = http::BodyDecoder::Status::NeedMore;
            QByteArray rest;
            inPieces(input.sliced(whole.consumed), i == 0 ? 0 : quint8(cut | 1), [&](QByteArrayView piece) {
                rest += piece;
                qsizetype consumed = 0;
                status = decoder.feed(rest, &consumed);
                demand(consumed >= 0 && consumed <= rest.size(), "body: consumed what is not there");
                rest.remove(0, consumed);
                return status == http::BodyDecoder::Status::NeedMore;
            });
            if (status == http::BodyDecoder::Status::Done)
                bodies[i] = decoder.take() + "[done]";
        }
        demand(bodies[0] == bodies[1], "body: cut matters");
    }
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

void webSocket(QByteArrayView input)
{
    using Event = http::WebSocketParser::Event;
    const quint8 cut = cutOf(input);
    for (const auto role : {http::WebSocketRole::Server, http::WebSocketRole::Client}) {
        QByteArray logs[2];
        for (int i = 0; i < 2; ++i) {
            http::WebSocketParser parser(role, 2048);
            QByteArray rest;
            inPieces(input, i == 0 ? 0 : quint8(cut | 1), [&](QByteArrayView piece) {
                rest += piece;
                for (;;) {
                    const auto step = parser.parse(rest);
                    demand(step.consumed >= 0 && step.consumed <= rest.size(), "websocket: consumed too much");
                    rest.remove(0, step.consumed);
                    if (step.event == Event::NeedMore)
                        return true;
                    logs[i] += QByteArray::number(int(step.event)) + parser.payload() + ';';
                    demand(step.event != Event::Text || parser.payload().isValidUtf8(), "websocket: text is no UTF-8");
                    demand(parser.payload().size() <= 2048, "websocket: more than the limit");
                    if (step.event == Event::Close || step.event == Event::Failed)
                        return false;
                }
            });
        }
        demand(logs[0] == logs[1], "websocket: cut matters");
    }
}

void multiplex(QByteArrayView input)
{
    const quint8 cut = cutOf(input);
    QByteArray logs[2];
    for (int i = 0; i < 2; ++i) {
        docker::Demultiplexer parser;
        inPieces(input, i == 0 ? 0 : quint8(cut | 1), [&](QByteArrayView piece) {
            for (;;) {
                const auto step = parser.parse(piece);
                demand(step.consumed >= 0 && step.consumed <= piece.size(), "multiplex: consumed too much");
                piece = piece.sliced(step.consumed);
                if (step.event == docker::Demultiplexer::Event::NeedMore)
                    return true;
                if (step.event == docker::Demultiplexer::Event::Failed) {
                    logs[i] += "[failed]";
                    return false;
                }
                for (const char c : step.data)
                    logs[i] += QByteArray(QByteArray(1, step.standardError ? 'e' : 'o') + c);
            }
        });
    }
    demand(logs[0] == logs[1], "multiplex: cut matters");
}

void dockerJson(QByteArrayView input)
{
    const quint8 cut = cutOf(input);
    QByteArray logs[2];
    for (int i = 0; i < 2; ++i) {
        docker::JsonStream parser;
        inPieces(input, i == 0 ? 0 : quint8(cut | 1), [&](QByteArrayView piece) {
            for (;;) {
                const auto step = parser.parse(piece);
                demand(step.consumed >= 0 && step.consumed <= piece.size(), "json stream: consumed too much");
                piece = piece.sliced(step.consumed);
                if (step.event == docker::JsonStream::Event::NeedMore)
                    return true;
                if (step.event == docker::JsonStream::Event::Failed) {
                    logs[i] += "[failed]";
                    return false;
                }
                logs[i] += QJsonDocument(step.object).toJson(QJsonDocument::Compact);
                (void)checkDocker(step.object, -1);
                (void)hostAdvice(step.object, step.object, {});
            }
        });
    }
    demand(logs[0] == logs[1], "json stream: cut matters");
}

// Decodes; what it has understood it writes and understands again.
template<class Message> void decode(std::string_view payload)
{
    Message message;
    if (!message.decode(payload))
        return;
    Message again;
    demand(again.decode(message.encode()), "frame: does not read what it writes");
    demand(again.encode() == message.encode(), "frame: reads something else than it wrote");
}

void frames(QByteArrayView input)
{
    const quint8 cut = cutOf(input);
    QByteArray logs[2];
    for (int i = 0; i < 2; ++i) {
        FrameParser parser;
        inPieces(input, i == 0 ? 0 : quint8(cut | 1), [&](QByteArrayView piece) {
            parser.feed(piece);
            for (;;) {
                FrameParser::Frame frame;
                const auto status = parser.next(&frame);
                if (status == FrameParser::Status::NeedMore)
                    return true;
                if (status == FrameParser::Status::Broken) {
                    logs[i] += "[broken]";
                    return false;
                }
                const std::string_view payload = payloadText(frame.payload);
                const bool output = frame.type == guest::FrameType::Stdout || frame.type == guest::FrameType::Stderr ||
                                    frame.type == guest::FrameType::FileBytes ||
                                    frame.type == guest::FrameType::DoorBytes;
                if (!output)
                    logs[i] += '[' + QByteArray::number(int(frame.type)) + ']';
                logs[i] += frame.payload.toByteArray();
                decode<guest::HelloMessage>(payload);
                decode<guest::ExitMessage>(payload);
                decode<guest::FileEntryMessage>(payload);
                decode<guest::FileDoneMessage>(payload);
                decode<guest::DisplayMessage>(payload);
                decode<guest::OutcomeMessage>(payload);
                decode<guest::UsageMessage>(payload);
                decode<guest::NumberMessage>(payload);
            }
        });
    }
    demand(logs[0] == logs[1], "frames: cut matters");
}

void guestMessages(QByteArrayView input)
{
    const std::string_view payload(input.data(), size_t(input.size()));
    decode<guest::HelloMessage>(payload);
    decode<guest::RunMessage>(payload);
    decode<guest::ExitMessage>(payload);
    decode<guest::FilePutMessage>(payload);
    decode<guest::FileMkdirMessage>(payload);
    decode<guest::FileSymlinkMessage>(payload);
    decode<guest::FileGetMessage>(payload);
    decode<guest::PathMessage>(payload);
    decode<guest::FileListMessage>(payload);
    decode<guest::FileEntryMessage>(payload);
    decode<guest::FileDoneMessage>(payload);
    decode<guest::DisplayMessage>(payload);
    decode<guest::OutcomeMessage>(payload);
    decode<guest::UsageMessage>(payload);
}

void tar(QByteArrayView input)
{
    const quint8 cut = cutOf(input);
    QByteArray logs[2];
    for (int i = 0; i < 2; ++i) {
        archive::TarLimits limits;
        limits.maxBytes = 1 << 20;
        archive::TarReader reader(limits);
        QByteArray rest;
        bool failed = false;
        inPieces(input, i == 0 ? 0 : quint8(cut | 1), [&](QByteArrayView piece) {
            rest += piece;
            for (;;) {
                const auto step = reader.feed(rest);
                demand(step.consumed >= 0 && step.consumed <= rest.size(), "tar: consumed too much");
                if (step.event == archive::TarReader::Event::Member) {
                    const QByteArray name = reader.member().name;
                    demand(!name.startsWith('/') && name != ".." && !name.startsWith("../") && !name.contains("/../") &&
                               !name.endsWith("/..") && !name.contains('\0'),
                           "tar: a name that leaves the folder");
                    logs[i] += '[' + name + ']';
                } else if (step.event == archive::TarReader::Event::Data) {
                    logs[i] += step.data.toByteArray();
                }
                rest.remove(0, step.consumed);
                failed = step.event == archive::TarReader::Event::Failed;
                if (failed || step.event == archive::TarReader::Event::NeedMore)
                    return !failed;
            }
        });
        logs[i] += failed ? "[failed]" : reader.finish().code.toUtf8();
    }
    demand(logs[0] == logs[1], "tar: cut matters");
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

void installerSettings(QByteArrayView input)
{
    const QString text = QString::fromUtf8(input);
    (void)registry::parseNpmrc(text, {{u"HOME"_s, u"/h"_s}, {u"X"_s, u"${X}"_s}});
    (void)registry::parsePipConf(text);
    (void)registry::parseNetrc(text);
    QList<registry::Credential> credentials;
    const QUrl url = registry::registryUrl(text.section(u'\n', 0, 0), &credentials);
    demand(!url.isValid() || (url.userInfo().isEmpty() && !url.host().isEmpty() && url.path().endsWith(u'/')),
           "registry: a URL with a password");
}

void registryBodies(QByteArrayView input)
{
    const quint8 cut = cutOf(input);
    const QUrl base(u"https://registry.example/simple/x/"_s);
    const registry::UrlMap map = [](const QUrl &url) {
        return url.host().contains(u"evil") ? QByteArray() : QByteArray("http://in/");
    };
    for (const auto make : {registry::npmRewriter, registry::simpleJsonRewriter, registry::simpleHtmlRewriter}) {
        QByteArray outs[2];
        for (int i = 0; i < 2; ++i) {
            const auto rewriter = make(base, map);
            bool fine = true;
            inPieces(input, i == 0 ? 0 : quint8(cut | 1), [&](QByteArrayView piece) {
                fine = rewriter->feed(piece, &outs[i]);
                return fine;
            });
            if (!fine || !rewriter->finish(&outs[i]))
                outs[i] = "[failed]";
        }
        demand(outs[0] == outs[1], "registry body: cut matters");
    }
}

void codeUrl(QByteArrayView input)
{
    const auto url = remotecode::CodeUrl::parse(QString::fromUtf8(input));
    if (url) {
        const auto again = remotecode::CodeUrl::parse(QString::fromLatin1(url->text()));
        demand(again && *again == *url, "code URL: its own form is read otherwise");
        demand(!url->fileName().contains(u'/') && url->fileName() != u"..", "code URL: a file elsewhere");
        demand(url->shown().size() <= 201, "code URL: shown at length");
    }
    const auto base = remotecode::CodeUrl::parse(u"https://example.com/a/b?c"_s);
    if (const auto moved = base->resolved(input))
        demand(remotecode::CodeUrl::parse(QString::fromLatin1(moved->text())).has_value(), "code URL: moved to none");
}

void config(QByteArrayView input)
{
    const auto parsed = parseConfig(input.toByteArray(), u"a"_s);
    if (!parsed) {
        demand(!parsed.error().code.isEmpty() && parsed.error().message.size() < 5000, "config: a bad sentence");
        return;
    }
    const auto again = Config::fromJson(parsed->toJson());
    demand(again && again->toJson() == parsed->toJson(), "config: its own form is read otherwise");
}

void requests(QByteArrayView input)
{
    const QJsonDocument document = QJsonDocument::fromJson(input.toByteArray());
    if (!document.isObject())
        return;
    if (const auto request = RunRequest::fromJson(document.object())) {
        const auto again = RunRequest::fromJson(request->toJson());
        demand(again && *again == *request, "request: its own form is read otherwise");
    }
    if (const auto options = RunOptions::fromJson(document.object())) {
        const auto again = RunOptions::fromJson(options->toJson());
        demand(again && *again == *options, "options: their own form is read otherwise");
    }
    if (const auto result = RunResult::fromJson(document.object()))
        demand(RunResult::fromJson(result->toJson()).has_value(), "result: its own form is not read");
}

void streamEvents(QByteArrayView input)
{
    const QByteArray text = input.toByteArray();
    const auto event = StreamEvent::fromJson(text);
    if (event && *event) {
        const auto again = StreamEvent::fromJson((*event)->toJson());
        demand(again && *again, "event: its own form is not read");
        demand(!(*event)->toJson().contains('\n'), "event: more than a line");
    }
    (void)StreamEvent::fromBinary(text);
}

void words(QByteArrayView input)
{
    const QString text = QString::fromUtf8(input);
    if (const auto list = splitShellWords(text)) {
        const auto again = splitShellWords(quoteShellWords(*list));
        demand(again && *again == *list, "shell words: quoting loses something");
    }
    (void)parseSize(text);
    (void)parseDuration(text);
    for (const auto syntax : {PackageSyntax::Unknown, PackageSyntax::Npm, PackageSyntax::Pypi, PackageSyntax::Deno}) {
        const auto argument = packageArgument(syntax, text);
        demand(!argument || (!argument->startsWith(u'-') && !argument->isEmpty()), "package: an option");
    }
    const qsizetype half = input.size() / 2;
    (void)guest::matchName({input.data(), size_t(half)}, {input.data() + half, size_t(input.size() - half)});
}

void outputFilter(QByteArrayView input)
{
    static const auto secrets = SecretPatterns::compile({"s3cret/key+", "0123456789abcdef"});
    const quint8 cut = cutOf(input);
    const qint64 limit = cut & 1 ? 64 : 1 << 20;
    QByteArray outs[2];
    for (int i = 0; i < 2; ++i) {
        OutputFilter filter(*secrets, limit);
        inPieces(input, i == 0 ? 0 : quint8(cut | 1), [&](QByteArrayView piece) {
            outs[i] += filter.feed(piece);
            return true;
        });
        outs[i] += filter.finish(false);
    }
    demand(outs[0] == outs[1], "output: cut matters");
    demand(outs[0].isValidUtf8(), "output: no UTF-8");
    demand(!outs[0].contains("s3cret/key+") && !outs[0].contains("0123456789abcdef"), "output: a secret shows");
}

void wallLines(QByteArrayView input)
{
    for (const Probe &probe : readProbes(input.toByteArray(), u"calls"_s)) {
        demand(probe.name.size() <= 200 && probe.found.size() <= 200, "walls: a long line");
        demand(!probe.name.contains(u'\x1b') && !probe.found.contains(u'\x1b'), "walls: speaks to the terminal");
    }
}

#define WORDS(name, ...) constexpr const char *name[] = {__VA_ARGS__};
WORDS(httpWords, "HTTP/1.1 200 OK\r\n", "HTTP/1.1 101 UPGRADED\r\n", "Content-Length: 5\r\n", "\r\n\r\n",
      "Transfer-Encoding: chunked\r\n", "0\r\n\r\n", "5\r\nhello\r\n", "Connection: close\r\n", "GET / HTTP/1.1\r\n",
      "POST /execute HTTP/1.1\r\n", "Host: a\r\n", "CONNECT a:443 HTTP/1.1\r\n", "GET http://a/ HTTP/1.1\r\n",
      "Expect: 100-continue\r\n", "Upgrade: tcp\r\n", "HTTP/1.1 100 Continue\r\n\r\n", ";ext=1", "@", "[::1]", ":80")
WORDS(jsonWords, "{", "}", "[", "]", "\"", "\\u0000", "\\", ":", ",", "null", "true", "1e999", "-1", "9007199254740993",
      "\"code\":", "\"files\":{\"/sandbox/a\":\"b\"}", "\"timeoutMs\":", "\"network\":\"filtered\"",
      "\"networkFilter\":{\"whitelist\":[\"a\"]}", "\"memoryLimit\":\"1g\"", "{\"type\":\"stdout\",\"data\":\"x\"}",
      "{\"type\":\"exit\",\"data\":\"0\",\"result\":{}}", "\"base64\":\"AA==\"", "\"defaults\":{", "\"versions\":{",
      "\"tarball\":\"https://registry.example/x.tgz\"", "\"url\":\"x.whl\"", "<a href=\"https://evil/x.whl\">",
      "\"KernelVersion\":\"6.1\"", "\"Warnings\":[\"x\"]", "\"Components\":[{\"Name\":\"runc\",\"Version\":\"1\"}]")
WORDS(urlWords, "https://", "http://", "example.com", ":443", "/../", "%2e%2e", "%00", "@", "#", "?", "127.0.0.1",
      "[::ffff:1.2.3.4]", "xn--", "0x7f.1", ".", "..", "\\", "localhost", "(?i)", ".*", "(a|b)+", "[a-z]{1,9}",
      "//registry.npmjs.org/:_authToken=${X}", "registry=", "[global]\n",
      "index-url = ", "machine a login b password c", "ca[]=", "- ", "'", "\"", "npm:", "==1", ">=", "\n", "\t", "é",
      "\xef\xbf\xbd", "held", "open", "calls\t")
WORDS(frameWords, "\x16\x03\x01", "\x05\x01\x00", "\x05\x01\x00\x03", "\x81\x05hello", "\x88\x02", "ustar",
      "s3cret/key+", "c3NjcmV0", "01234567", "\xff\xff\xff\xff", "\x7f\xff\xff\xff", "path=a\n")
#undef WORDS

constexpr Target list[] = {
    {"http-response", httpResponse, httpWords},
    {"request", requestHead, httpWords},
    {"proxy-request", proxyRequest, httpWords},
    {"websocket", webSocket, frameWords},
    {"multiplex", multiplex, frameWords},
    {"docker-json", dockerJson, jsonWords},
    {"frames", frames, frameWords},
    {"guest-messages", guestMessages, frameWords},
    {"tar", tar, frameWords},
    {"client-hello", clientHello, frameWords},
    {"socks", socks, frameWords},
    {"host", host, urlWords},
    {"hosts-file", hostsFile, urlWords},
    {"host-patterns", hostPatterns, urlWords},
    {"installer-settings", installerSettings, urlWords},
    {"registry-bodies", registryBodies, jsonWords},
    {"code-url", codeUrl, urlWords},
    {"config", config, jsonWords},
    {"requests", requests, jsonWords},
    {"stream-events", streamEvents, jsonWords},
    {"words", words, urlWords},
    {"output", outputFilter, frameWords},
    {"wall-lines", wallLines, urlWords},
};

} // namespace

std::span<const Target> targets()
{
    return list;
}

const Target *findTarget(QByteArrayView name)
{
    const auto found = std::find_if(std::begin(list), std::end(list), [&](const Target &t) { return name == t.name; });
    return found == std::end(list) ? nullptr : &*found;
}

} // namespace isol8::fuzz
