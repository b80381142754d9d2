// SPDX-License-Identifier: GPL-3.0-or-later
#include "Functions.h"
#include "Kit.h"

#include <isol8/http/RequestHead.h>
#include <isol8/http/ResponseParser.h>
#include <isol8/http/WebSocketFrames.h>
#include <isol8/remote/EventLines.h>

namespace isol8::fuzz {

namespace {

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

} // namespace

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

void eventLines(QByteArrayView input)
{
    const quint8 cut = cutOf(input);
    QByteArray logs[2];
    for (int i = 0; i < 2; ++i) {
        remote::EventLines lines(256);
        inPieces(input, i == 0 ? 0 : quint8(cut | 1), [&](QByteArrayView piece) {
            lines.feed(piece);
            while (const auto event = lines.next()) {
                demand(event->size() <= 256, "events: more than the limit");
                logs[i] += '[' + *event + ']';
            }
            return !lines.isTooLarge();
        });
        logs[i] += lines.isTooLarge() ? "large" : "";
    }
    demand(logs[0] == logs[1], "events: cut matters");
}

} // namespace isol8::fuzz
