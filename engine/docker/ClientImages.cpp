// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/docker/ClientPrivate.h>
#include <isol8/docker/StreamJob.h>

using namespace Qt::StringLiterals;

namespace isol8::docker {

namespace {

Purpose forImage(const QString &verb, const QString &name)
{
    return {verb + u" the image "_s + name, u"image "_s + name};
}

//! A name's repository and its tag or digest ("sha256:…"); the tag may be empty.
std::pair<QString, QString> splitName(const QString &name)
{
    if (const qsizetype at = name.indexOf(u'@'); at >= 0)
        return {name.first(at), name.sliced(at + 1)};
    const qsizetype colon = name.lastIndexOf(u':');
    // A colon before a slash belongs to a registry's port.
    if (colon < 0 || name.indexOf(u'/', colon) >= 0)
        return {name, {}};
    return {name.first(colon), name.sliced(colon + 1)};
}

ImageSummary imageSummary(const QJsonObject &object)
{
    ImageSummary summary;
    summary.id = object.value("Id"_L1).toString();
    const QJsonArray tags = object.value("RepoTags"_L1).toArray();
    for (const QJsonValue &tag : tags) {
        if (tag.toString() != "<none>:<none>"_L1)
            summary.tags.append(tag.toString());
    }
    summary.createdAt = object.value("Created"_L1).toInteger();
    summary.size = object.value("Size"_L1).toInteger();
    summary.labels = stringMap(object.value("Labels"_L1));
    return summary;
}

//! Unpacking, flushing and downloading have longer silences than an answer.
constexpr int TransferPatience = 10;

} // namespace

void Client::listImages(const QMap<QString, QString> &labels, Callback<QList<ImageSummary>> done)
{
    d->callForList<ImageSummary>(d->request("GET", Target("/images/json").query("filters", labelFilters(labels))),
                                 {u"list the images"_s, u"such list"_s}, std::move(done), imageSummary);
}

void Client::inspectImage(const QString &name, Callback<QJsonObject> done)
{
    d->callForObject(d->request("GET", Target("/images/").imageName(name).text("/json")), forImage(u"describe"_s, name),
                     std::move(done));
}

Job *Client::importImage(QIODevice *tar, const QString &tag, const QStringList &changes, QObject *parent)
{
    const auto [repository, version] = splitName(tag);
    Target target("/images/create");
    target.query("fromSrc", u"-"_s).query("repo", repository).query("tag", version);
    for (const QString &change : changes)
        target.query("changes", change);
    http::Request request = d->request("POST", target);
    request.headers = {{"Content-Type", "application/x-tar"}};
    request.device = tar;
    request.timeout *= TransferPatience;
    return new StreamJob(d->api.get(), request, forImage(u"import"_s, tag), StreamJob::End::Expected, parent);
}

Job *Client::buildImage(QIODevice *tar, const QString &tag, const QMap<QString, QString> &labels, bool network,
                        QObject *parent)
{
    QJsonObject fields;
    for (auto label = labels.begin(); label != labels.end(); ++label)
        fields.insert(label.key(), label.value());
    http::Request request = d->request("POST", Target("/build")
                                                   .query("t", tag)
                                                   .query("rm", u"1"_s)
                                                   .query("forcerm", u"1"_s)
                                                   .query("networkmode", network ? u"default"_s : u"none"_s)
                                                   .query("labels", jsonText(fields)));
    request.headers = {{"Content-Type", "application/x-tar"}};
    request.device = tar;
    // A step (a compiler, an installer) may rightly be silent for as long as it likes.
    request.timeout = {};
    return new StreamJob(d->api.get(), request, forImage(u"build"_s, tag), StreamJob::End::Expected, parent);
}

Job *Client::pullImage(const QString &name, QObject *parent)
{
    const auto [repository, version] = splitName(name);
    // Without a tag the daemon would fetch every tag there is.
    http::Request request = d->request("POST", Target("/images/create")
                                                   .query("fromImage", repository)
                                                   .query("tag", version.isEmpty() ? u"latest"_s : version));
    request.timeout *= TransferPatience;
    return new StreamJob(d->api.get(), request, forImage(u"pull"_s, name), StreamJob::End::Expected, parent);
}

void Client::tagImage(const QString &image, const QString &repository, const QString &tag, Callback<void> done)
{
    d->callForNothing(
        d->request("POST",
                   Target("/images/").imageName(image).text("/tag").query("repo", repository).query("tag", tag)),
        forImage(u"tag"_s, image), std::move(done));
}

void Client::removeImage(const QString &name, bool force, Callback<void> done)
{
    Target target("/images/");
    target.imageName(name);
    if (force)
        target.query("force", u"1"_s);
    d->callForNothing(d->request("DELETE", target), forImage(u"remove"_s, name), std::move(done));
}

} // namespace isol8::docker
