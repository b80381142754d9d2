// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/docker/ArchiveJob.h>
#include <isol8/docker/ClientPrivate.h>
#include <isol8/docker/HijackedStream.h>
#include <isol8/docker/StreamJob.h>

using namespace Qt::StringLiterals;

namespace isol8::docker {

namespace {

// Unpacking and flushing have longer silences than an answer.
constexpr int ArchivePatience = 10;

Purpose forContainer(const QString &verb, const QString &id)
{
    return {verb + u" the container "_s + id, u"container "_s + id};
}

ContainerSummary containerSummary(const QJsonObject &object)
{
    ContainerSummary summary;
    summary.id = object.value("Id"_L1).toString();
    summary.image = object.value("Image"_L1).toString();
    summary.state = object.value("State"_L1).toString();
    summary.createdAt = object.value("Created"_L1).toInteger();
    summary.labels = stringMap(object.value("Labels"_L1));
    return summary;
}

} // namespace

QString jsonText(const QJsonObject &object)
{
    return QString::fromUtf8(QJsonDocument(object).toJson(QJsonDocument::Compact));
}

QString labelFilters(const QMap<QString, QString> &labels, QJsonObject filters)
{
    QJsonArray list;
    for (auto label = labels.begin(); label != labels.end(); ++label)
        list.append(label.value().isEmpty() ? label.key() : QString(label.key() + u'=' + label.value()));
    if (!list.isEmpty())
        filters.insert("label"_L1, list);
    return jsonText(filters);
}

QMap<QString, QString> stringMap(const QJsonValue &object)
{
    QMap<QString, QString> map;
    const QJsonObject fields = object.toObject();
    for (auto field = fields.begin(); field != fields.end(); ++field)
        map.insert(field.key(), field.value().toString());
    return map;
}

std::optional<Error> refusal(const http::Response &response, const Purpose &purpose)
{
    if (response.head.status < 300 || response.head.status == 304)
        return {};
    return statusError(response.head, response.body, purpose);
}

void Client::Private::callForNothing(const http::Request &request, const Purpose &purpose, Callback<void> done)
{
    call<void>(request, purpose, std::move(done), [purpose](const http::Response &response) -> Result<void> {
        if (const auto error = refusal(response, purpose))
            return fail(*error);
        return {};
    });
}

void Client::Private::callForObject(const http::Request &request, const Purpose &purpose, Callback<QJsonObject> done)
{
    call<QJsonObject>(request, purpose, std::move(done),
                      [purpose](const http::Response &response) -> Result<QJsonObject> {
                          if (const auto error = refusal(response, purpose))
                              return fail(*error);
                          const QJsonDocument document = QJsonDocument::fromJson(response.body);
                          if (!document.isObject())
                              return fail(protocolError(purpose, u"the answer is no JSON object"_s));
                          return document.object();
                      });
}

Client::Client(Endpoint endpoint, QObject *parent)
    : QObject(parent)
    , d(std::make_unique<Private>(endpoint))
{
}

Client::~Client() = default;

const Endpoint &Client::endpoint() const
{
    return d->api->endpoint;
}

void Client::setTimeout(std::chrono::milliseconds timeout)
{
    d->api->timeout = timeout;
}

void Client::ping(Callback<Version> done)
{
    d->api->ping(this, [done = std::move(done)](const Result<Version> &version) { done(version); });
}

void Client::info(Callback<QJsonObject> done)
{
    d->callForObject(d->request("GET", Target("/info")), {u"say how it is set up"_s, u"such information"_s},
                     std::move(done));
}

void Client::components(Callback<QJsonObject> done)
{
    d->callForObject(d->request("GET", Target("/version")), {u"say what it is made of"_s, u"such information"_s},
                     std::move(done));
}

void Client::createContainer(const QJsonObject &body, const QString &name, Callback<QString> done)
{
    Target target("/containers/create");
    if (!name.isEmpty())
        target.query("name", name);
    http::Request request = d->request("POST", target);
    request.headers = {{"Content-Type", "application/json"}};
    request.body = QJsonDocument(body).toJson(QJsonDocument::Compact);
    const QString image = body.value("Image"_L1).toString();
    const Purpose purpose{u"create a container of the image %1"_s.arg(image), u"such image, volume or network"_s};
    d->call<QString>(request, purpose, std::move(done),
                     [purpose, image](const http::Response &response) -> Result<QString> {
                         if (response.head.status == 404) {
                             const QString words = daemonMessage(response.body);
                             if (words.contains("no such image"_L1, Qt::CaseInsensitive))
                                 return fail(imageMissing(image, words));
                         }
                         if (const auto error = refusal(response, purpose))
                             return fail(*error);
                         const QString id = QJsonDocument::fromJson(response.body).object().value("Id"_L1).toString();
                         if (id.isEmpty())
                             return fail(protocolError(purpose, u"the answer names no container"_s));
                         return id;
                     });
}

AttachStream *Client::attach(const QString &containerId, QObject *parent)
{
    return new HijackedStream(d->api.get(), containerId, parent);
}

void Client::startContainer(const QString &containerId, Callback<void> done)
{
    d->callForNothing(d->request("POST", Target("/containers/").segment(containerId).text("/start")),
                      forContainer(u"start"_s, containerId), std::move(done));
}

void Client::waitContainer(const QString &containerId, Callback<int> done)
{
    http::Request request = d->request(
        "POST", Target("/containers/").segment(containerId).text("/wait").query("condition", u"not-running"_s));
    request.timeout = {};
    request.unlimited = true;
    request.repeatable = true;
    const Purpose purpose = forContainer(u"wait for"_s, containerId);
    d->call<int>(request, purpose, std::move(done), [purpose](const http::Response &response) -> Result<int> {
        if (const auto error = refusal(response, purpose))
            return fail(*error);
        const QJsonObject answer = QJsonDocument::fromJson(response.body).object();
        const QString trouble = answer.value("Error"_L1).toObject().value("Message"_L1).toString();
        if (!trouble.isEmpty())
            return fail(errors::DockerError, u"Docker could not %1."_s.arg(purpose.action), trouble);
        const QJsonValue code = answer.value("StatusCode"_L1);
        if (!code.isDouble())
            return fail(protocolError(purpose, u"the answer holds no exit code"_s));
        return code.toInt();
    });
}

void Client::killContainer(const QString &containerId, const QString &signal, Callback<void> done)
{
    d->callForNothing(
        d->request("POST", Target("/containers/").segment(containerId).text("/kill").query("signal", signal)),
        forContainer(u"kill"_s, containerId), std::move(done));
}

void Client::removeContainer(const QString &containerId, Callback<void> done)
{
    const auto request =
        d->request("DELETE", Target("/containers/").segment(containerId).query("force", u"1"_s).query("v", u"1"_s));
    const Purpose purpose = forContainer(u"remove"_s, containerId);
    d->call<void>(request, purpose, std::move(done), [purpose](const http::Response &response) -> Result<void> {
        const int status = response.head.status;
        if (status == 404 || (status == 409 && daemonMessage(response.body).contains("already in progress"_L1)))
            return {};
        if (const auto error = refusal(response, purpose))
            return fail(*error);
        return {};
    });
}

void Client::inspectContainer(const QString &containerId, Callback<QJsonObject> done)
{
    d->callForObject(d->request("GET", Target("/containers/").segment(containerId).text("/json")),
                     forContainer(u"describe"_s, containerId), std::move(done));
}

void Client::containerStats(const QString &containerId, Callback<QJsonObject> done)
{
    d->callForObject(d->request("GET", Target("/containers/")
                                           .segment(containerId)
                                           .text("/stats")
                                           .query("stream", u"0"_s)
                                           .query("one-shot", u"1"_s)),
                     forContainer(u"measure"_s, containerId), std::move(done));
}

void Client::listContainers(const QMap<QString, QString> &labels, Callback<QList<ContainerSummary>> done)
{
    d->callForList<ContainerSummary>(
        d->request("GET", Target("/containers/json").query("all", u"1"_s).query("filters", labelFilters(labels))),
        {u"list the containers"_s, u"such list"_s}, std::move(done), containerSummary);
}

Job *Client::putArchive(const QString &containerId, const QString &path, QIODevice *tar, QObject *parent)
{
    http::Request request =
        d->request("PUT", Target("/containers/").segment(containerId).text("/archive").query("path", path));
    request.headers = {{"Content-Type", "application/x-tar"}};
    request.device = tar;
    request.timeout *= ArchivePatience;
    return new ArchiveJob(d->api.get(), request, forContainer(u"put files into"_s, containerId), nullptr, parent);
}

Job *Client::getArchive(const QString &containerId, const QString &path, QIODevice *sink, QObject *parent)
{
    http::Request request =
        d->request("GET", Target("/containers/").segment(containerId).text("/archive").query("path", path));
    request.repeatable = false; // part of it may be in the sink
    request.timeout *= ArchivePatience;
    return new ArchiveJob(d->api.get(), request, forContainer(u"take files out of"_s, containerId), sink, parent);
}

void Client::createVolume(const QString &name, const QMap<QString, QString> &labels, Callback<void> done)
{
    QJsonObject fields;
    for (auto label = labels.begin(); label != labels.end(); ++label)
        fields.insert(label.key(), label.value());
    http::Request request = d->request("POST", Target("/volumes/create"));
    request.headers = {{"Content-Type", "application/json"}};
    request.body = QJsonDocument(QJsonObject{{u"Name"_s, name}, {u"Labels"_s, fields}}).toJson(QJsonDocument::Compact);
    d->callForNothing(request, {u"create the volume "_s + name, u"volume "_s + name}, std::move(done));
}

void Client::inspectVolume(const QString &name, Callback<QJsonObject> done)
{
    d->callForObject(d->request("GET", Target("/volumes/").segment(name)),
                     {u"describe the volume "_s + name, u"volume "_s + name}, std::move(done));
}

void Client::removeVolume(const QString &name, Callback<void> done)
{
    d->callForNothing(d->request("DELETE", Target("/volumes/").segment(name)),
                      {u"remove the volume "_s + name, u"volume "_s + name}, std::move(done));
}

Job *Client::events(const QMap<QString, QString> &labels, QObject *parent)
{
    const QString filters = labelFilters(labels, {{u"type"_s, QJsonArray{u"container"_s}}});
    http::Request request = d->request("GET", Target("/events").query("filters", filters));
    request.timeout = {};
    request.unlimited = true;
    return new StreamJob(d->api.get(), request, {u"report events"_s, u"such events"_s}, StreamJob::End::Unexpected,
                         parent);
}

} // namespace isol8::docker
