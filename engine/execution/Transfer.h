// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/base/Error.h>
#include <isol8/base/Units.h>
#include <isol8/session/SessionFile.h>

#include <QByteArray>
#include <QObject>
#include <QStringList>

#include <optional>

namespace isol8 {

/*!
    A file, or a folder as a tar archive, on its way into a session: Engine::uploadFile(), uploadDirectory(). What is
    written waits here until the sandbox takes it, so a writer that has much waits for taken().

    finished() comes exactly once, never from inside a call, and is the last signal. Deleting it before, in a slot of
    its signals too, gives it up: of a file nothing is left then, what was there before stays as it is; of an archive
    the members that were unpacked stay.
*/
class Upload : public QObject
{
    Q_OBJECT

public:
    static constexpr qint64 HighWater = 256 * KiB; //!< bytesPending() above which a writer should wait for taken()

    using QObject::QObject;

    virtual void write(const QByteArray &bytes) = 0;
    //! All was written.
    virtual void finish() = 0;
    //! What write() was given and the sandbox has not taken yet.
    [[nodiscard]] virtual qint64 bytesPending() const = 0;

Q_SIGNALS:
    //! bytesPending() is smaller; first of all: the session is there, and more than what was written already is
    //! welcome.
    void taken();
    //! An error without a code: all is there.
    void finished(const isol8::Error &error);
};

/*!
    The other way: Engine::downloadFile(), downloadDirectory(). opened() comes before the first byte, unless it fails
    before. Ends as an Upload does.
*/
class Download : public QObject
{
    Q_OBJECT

public:
    using QObject::QObject;

    //! While paused neither data() nor a finished() without an error come, and little is held.
    virtual void setPaused(bool paused) = 0;
    //! Of a folder: sentences about what was left out.
    [[nodiscard]] virtual QStringList skipped() const { return {}; }

Q_SIGNALS:
    //! The file is there and may be read; of a folder, without size, mode and time.
    void opened(const isol8::SessionFile &file);
    void data(const QByteArray &bytes);
    void finished(const isol8::Error &error);
};

//! Where a file goes, and what it is to be.
struct UploadTarget
{
    QString path;
    std::optional<uint> mode = {}; //!< permission bits; 0644 without
    qint64 mtimeMs = 0;            //!< since 1970; 0: when it is written
};

} // namespace isol8
