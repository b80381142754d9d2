// SPDX-License-Identifier: GPL-3.0-or-later
#include <service/TransferController.h>

#include <service/Answers.h>
#include <service/http/ServerLimits.h>

#include <QDateTime>
#include <QLocale>

#include <utility>

using namespace Qt::StringLiterals;

namespace isol8::service {

namespace {

constexpr qint64 LastMoment = qint64(1) << 50; // ms since 1970

// What a sandbox wrote is shown by no browser as a page of this host.
const QList<http::Header> Untrusted{{"X-Content-Type-Options", "nosniff"}, {"Content-Disposition", "attachment"}};

QByteArray httpDate(qint64 mtimeMs)
{
    const QDateTime time = QDateTime::fromMSecsSinceEpoch(mtimeMs, Qt::UTC);
    return QLocale::c().toString(time, u"ddd, dd MMM yyyy hh:mm:ss 'GMT'"_s).toLatin1();
}

QString folderOf(const Exchange *exchange)
{
    const QString path = Query(exchange).path();
    return path.isEmpty() ? u"/sandbox"_s : path;
}

} // namespace

TransferController::TransferController(Engine *engine, Router *router, QObject *parent)
    : QObject(parent)
    , m_engine(engine)
{
    const QString file = u"/session/<arg>/files/<rest>"_s;
    const QString folder = u"/session/<arg>/files.tar"_s;
    router->add("GET", file, [this](Exchange *exchange) { getFile(exchange); });
    router->add(
        "PUT", file, [this](Exchange *exchange) { putFile(exchange); }, Access::Key, Router::Body::Streamed);
    router->add("DELETE", file, [this](Exchange *exchange) {
        m_engine->removeFile(exchange->caller().tenant, exchange->arguments()[0], exchange->arguments()[1],
                             okTo(exchange));
    });
    router->add("GET", folder, [this](Exchange *exchange) { getFolder(exchange); });
    router->add(
        "PUT", folder, [this](Exchange *exchange) { putFolder(exchange); }, Access::Key, Router::Body::Streamed);
}

void TransferController::putFile(Exchange *exchange)
{
    const Query query(exchange);
    const auto mode = query.mode();
    const auto mtime = query.number(u"mtimeMs"_s, 0, LastMoment);
    if (!mode || !mtime)
        return answerError(exchange, !mode ? mode.error() : mtime.error());
    const QString path = exchange->arguments()[1];
    if (path.endsWith(u'/'))
        return makeFolder(exchange, *mode);
    auto *stream = new UploadStream(exchange);
    stream->carry(m_engine->uploadFile(exchange->caller().tenant, exchange->arguments()[0],
                                       {path, *mode, mtime->value_or(0)}, stream));
}

void TransferController::makeFolder(Exchange *exchange, std::optional<uint> mode)
{
    exchange->readBody([this, exchange, mode] {
        if (!exchange->body().isEmpty())
            return answerBadRequest(exchange,
                                    u"A path that ends in a slash names a folder, which has no content of its own."_s);
        m_engine->makeDirectory(exchange->caller().tenant, exchange->arguments()[0], exchange->arguments()[1], mode,
                                okTo(exchange));
    });
}

void TransferController::getFile(Exchange *exchange)
{
    auto *stream = new DownloadStream(exchange);
    stream->carry(
        m_engine->downloadFile(exchange->caller().tenant, exchange->arguments()[0], exchange->arguments()[1], stream),
        false);
}

void TransferController::putFolder(Exchange *exchange)
{
    auto *stream = new UploadStream(exchange);
    stream->carry(
        m_engine->uploadDirectory(exchange->caller().tenant, exchange->arguments()[0], folderOf(exchange), stream));
}

void TransferController::getFolder(Exchange *exchange)
{
    auto *stream = new DownloadStream(exchange);
    stream->carry(
        m_engine->downloadDirectory(exchange->caller().tenant, exchange->arguments()[0], folderOf(exchange), stream),
        true);
}

UploadStream::UploadStream(Exchange *exchange)
    : QObject(exchange)
    , m_exchange(exchange)
{
    connect(exchange, &Exchange::bodyData, this, [this](const QByteArray &bytes) {
        m_bytes += bytes.size();
        m_upload->write(bytes);
        balance();
    });
    connect(exchange, &Exchange::bodyEnded, this, [this] { m_upload->finish(); });
}

void UploadStream::carry(Upload *upload)
{
    m_upload = upload;
    connect(upload, &Upload::taken, this, [this] {
        if (!std::exchange(m_begun, true))
            m_exchange->streamBody();
        balance();
    });
    connect(upload, &Upload::finished, this, &UploadStream::end);
}

void UploadStream::balance()
{
    m_exchange->setBodyPaused(m_upload->bytesPending() > Upload::HighWater);
}

void UploadStream::end(const Error &error)
{
    if (error.code.isEmpty())
        m_exchange->respondJson(200, {{u"ok"_s, true}, {u"bytes"_s, m_bytes}});
    else
        answerError(m_exchange, error);
}

DownloadStream::DownloadStream(Exchange *exchange)
    : QObject(exchange)
    , m_exchange(exchange)
{
    connect(exchange, &Exchange::written, this, &DownloadStream::balance);
}

void DownloadStream::carry(Download *download, bool isFolder)
{
    m_download = download;
    connect(download, &Download::opened, this, [this, isFolder](const SessionFile &file) { begin(file, isFolder); });
    connect(download, &Download::data, this, [this](const QByteArray &bytes) {
        m_exchange->write(bytes);
        balance();
    });
    connect(download, &Download::finished, this, &DownloadStream::end);
}

void DownloadStream::begin(const SessionFile &file, bool isFolder)
{
    if (isFolder)
        m_exchange->startStream("application/x-tar", Untrusted);
    else
        m_exchange->startStream("application/octet-stream", file.size,
                                Untrusted +
                                    QList<http::Header>{{"Last-Modified", httpDate(file.mtimeMs)},
                                                        {"X-Isol8-Mtime-Ms", QByteArray::number(file.mtimeMs)},
                                                        {"X-Isol8-Mode", '0' + QByteArray::number(file.mode, 8)}});
    if (m_exchange->head().method != "HEAD")
        return;
    m_download->disconnect(this); // it goes with this
    m_exchange->end();
}

void DownloadStream::balance()
{
    if (!m_download)
        return;
    const bool pause = m_exchange->pendingBytes() > (m_paused ? OutputLowWater : OutputHighWater);
    if (std::exchange(m_paused, pause) != pause)
        m_download->setPaused(pause);
}

void DownloadStream::end(const Error &error)
{
    if (error.code.isEmpty())
        m_exchange->end();
    else if (m_exchange->isStreaming())
        m_exchange->breakOff();
    else
        answerError(m_exchange, error);
}

} // namespace isol8::service
