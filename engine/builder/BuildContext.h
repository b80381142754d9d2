// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/base/Error.h>

#include <QFile>
#include <QIODevice>

#include <memory>

namespace isol8 {

/*!
    What `docker build` is given: a tar with a Dockerfile and the layers, in a file without a name, which goes with this
    object, or with the program, however that ends.
*/
class BuildContext
{
public:
    BuildContext() = default;
    Q_DISABLE_COPY_MOVE(BuildContext)

    //! file_error.
    [[nodiscard]] Result<void> open();

    //! Where Docker's answer to `GET /containers/ID/archive` of a single file goes; endMember() follows.
    [[nodiscard]] QIODevice *device() { return &m_file; }
    //! The file that came last is a member of the tar now. image_failed where none did.
    [[nodiscard]] Result<void> endMember();
    //! The content of the member that came last.
    [[nodiscard]] std::unique_ptr<QIODevice> lastMember() const;

    //! Adds the Dockerfile and the end; the device is to be read from its beginning then.
    [[nodiscard]] Result<void> finish(const QByteArray &dockerfile);

private:
    QFile m_file;
    qint64 m_end = 0; //!< of the members that are whole
    qint64 m_lastStart = 0;
    qint64 m_lastSize = 0;
};

//! One member of a tar, padded: a file, or with a trailing '/' a folder. Names have less than 100 bytes. Pure.
[[nodiscard]] QByteArray tarMember(const QByteArray &name, const QByteArray &content, uint mode, uint owner);
//! What ends a tar.
[[nodiscard]] QByteArray tarEnd();

} // namespace isol8
