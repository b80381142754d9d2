// SPDX-License-Identifier: GPL-3.0-or-later
#include "Functions.h"
#include "Kit.h"

#include <isol8/docker/Demultiplexer.h>
#include <isol8/docker/Errors.h>
#include <isol8/docker/JsonStream.h>
#include <isol8/guest/ContainerIds.h>
#include <isol8/image/CheckUp.h>
#include <isol8/image/CustomImage.h>
#include <isol8/image/Recipe.h>
#include <isol8/isolation/HostAdvice.h>

#include <QJsonDocument>
#include <QJsonObject>

using namespace Qt::StringLiterals;

namespace isol8::fuzz {

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

void dockerAnswers(QByteArrayView input)
{
    const QByteArray body = input.toByteArray();
    http::ResponseHead head;
    for (const int status : {404, 500}) {
        head.status = status;
        const Error error = docker::statusError(head, body, {u"start it"_s, u"it"_s});
        demand(!error.code.isEmpty() && !error.message.isEmpty() && error.message.size() < 300,
               "docker: a bad sentence");
    }
    const std::string_view text(input.data(), size_t(input.size()));
    (void)guest::isSuccess(text);
    for (const std::string &id : guest::containerIds(text)) {
        demand(id.size() == 64 && id.find_first_not_of("0123456789abcdef") == std::string::npos, "reaper: no id");
        demand(guest::deleteRequest(id).find(' ') == 6, "reaper: another request");
    }
    demand(guest::listRequest(text).find_first_of("\r\n") == guest::listRequest(text).find(" HTTP/1.0\r\n") + 9,
           "reaper: a label that ends the line");
    // Whatever somebody has written into an image's labels.
    const QList<QByteArray> lines = body.split('\n');
    docker::ImageSummary summary;
    summary.id = u"sha256:0"_s;
    const QStringView names[] = {labels::Image,        labels::Runtime,        labels::Hash,
                                 labels::Dependencies, labels::SystemPackages, labels::SetupScript};
    for (qsizetype i = 0; i < qsizetype(std::size(names)); ++i)
        summary.labels.insert(names[i].toString(), QString::fromUtf8(lines.value(i)));
    summary.tags.append(QString::fromUtf8(lines.value(6)));
    (void)customImages({summary});
    (void)isStandardImage(summary.tags.first());
    demand(fullImageName(fullImageName(summary.tags.first())) == fullImageName(summary.tags.first()),
           "image: a name's full form is not full");
}

} // namespace isol8::fuzz
