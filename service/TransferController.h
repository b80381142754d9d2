// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/execution/Engine.h>
#include <service/http/Router.h>

#include <QObject>

namespace isol8::service {

/*!
    The files of a session as they are, of any size, as their bytes come:

    - GET, PUT, DELETE /session/:id/files/PATH: a file. PATH is what follows the slash: relative to /sandbox, or
   absolute (files//tmp/a, or files/%2Ftmp%2Fa). PUT takes ?mode=0755 and ?mtimeMs=; a PATH that ends in a slash makes a
      folder, without a body. GET tells X-Isol8-Mode, X-Isol8-Mtime-Ms, Last-Modified.
    - GET, PUT /session/:id/files.tar?path=DIR: a folder as a tar archive, with modes and times; /sandbox without path.

    A body is read no faster than the sandbox takes it, and not before its session is known; what is bounded is the
    sandbox's space. An answer that cannot be given to its end breaks off.
*/
class TransferController : public QObject
{
    Q_OBJECT

public:
    TransferController(Engine *engine, Router *router, QObject *parent = nullptr);

private:
    void putFile(Exchange *exchange);
    void getFile(Exchange *exchange);
    void makeFolder(Exchange *exchange, std::optional<uint> mode);
    void putFolder(Exchange *exchange);
    void getFolder(Exchange *exchange);

    Engine *m_engine;
};

//! A request's body on its way into a session. Child of its exchange, and so ends with its client.
class UploadStream : public QObject
{
    Q_OBJECT

public:
    explicit UploadStream(Exchange *exchange);
    //! \a upload is its child.
    void carry(Upload *upload);

private:
    void balance();
    void end(const Error &error);

    Exchange *m_exchange;
    Upload *m_upload = nullptr;
    bool m_begun = false;
    qint64 m_bytes = 0;
};

//! What a session holds on its way to a client. Child of its exchange.
class DownloadStream : public QObject
{
    Q_OBJECT

public:
    explicit DownloadStream(Exchange *exchange);
    //! \a download is its child; \a isFolder: the answer is an archive.
    void carry(Download *download, bool isFolder);

private:
    void begin(const SessionFile &file, bool isFolder);
    void balance();
    void end(const Error &error);

    Exchange *m_exchange;
    Download *m_download = nullptr;
    bool m_paused = false;
};

} // namespace isol8::service
