// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/remote/LocalSocket.h>

#include <sys/types.h>

namespace isol8::service {

/*!
    The one socket on which this user's background engine listens. A lock file says that it is taken; a socket that a
    killed engine left behind is replaced.

    A socket that systemd hands over is used as it is, and without the lock: systemd has put it into the place of
    whatever was there, so an engine that has the lock is reached by nobody any more and ends when it is idle. To wait
    for it, or to give up, would leave systemd's clients without an answer.
*/
class LocalEndpoint
{
public:
    LocalEndpoint() = default;
    ~LocalEndpoint();
    LocalEndpoint(const LocalEndpoint &) = delete;
    LocalEndpoint &operator=(const LocalEndpoint &) = delete;

    //! A descriptor that listens; the caller owns it. `already_running` where another engine has the socket.
    [[nodiscard]] Result<int> listen(const LocalSocket &socket);
    //! Removes the socket, where it is still the one that this made, so that clients see at once that nobody serves
    //! them.
    void withdraw();

private:
    [[nodiscard]] Result<void> lock(const LocalSocket &socket);
    [[nodiscard]] Result<int> bindAndListen(const QString &path);

    QString m_path; //!< to be removed
    dev_t m_device = 0;
    ino_t m_inode = 0;
    int m_lock = -1;
};

} // namespace isol8::service
