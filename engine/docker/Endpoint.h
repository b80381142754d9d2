// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/base/Error.h>

#include <QProcessEnvironment>
#include <QString>

namespace isol8::docker {

//! Where a Docker daemon listens.
struct Endpoint
{
    enum class Kind { Unix, Tcp, Tls };

    Kind kind = Kind::Unix;
    QString path;       //!< Unix: the socket's path
    QString host;       //!< Tcp, Tls
    quint16 port = 0;   //!< Tcp, Tls
    QString certPath;   //!< Tls: folder with ca.pem, cert.pem and key.pem, as far as they exist; empty: the system's
                        //!< authorities
    bool verify = true; //!< Tls: check the daemon's certificate (DOCKER_TLS_VERIFY)
    QString origin;     //!< for people: "DOCKER_HOST", "context desktop-linux", "default"

    //! As `docker` finds it: DOCKER_HOST (unix://, tcp://, with DOCKER_TLS_VERIFY and DOCKER_CERT_PATH),
    //! DOCKER_CONTEXT, the current context of $DOCKER_CONFIG/config.json (~/.docker), else unix:///var/run/docker.sock,
    //! else the rootless $XDG_RUNTIME_DIR/docker.sock where only that exists. bad_config when what it finds cannot be
    //! understood; ssh:// is refused. \a systemSocket stands for /var/run/docker.sock where that is elsewhere.
    [[nodiscard]] static Result<Endpoint>
    discover(const QProcessEnvironment &environment,
             const QString &systemSocket = QStringLiteral("/var/run/docker.sock"));

    //! "unix:///var/run/docker.sock" or "tcp://host:2376".
    [[nodiscard]] QString toString() const;

    friend bool operator==(const Endpoint &, const Endpoint &) = default;
};

} // namespace isol8::docker
