// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <service/Service.h>

#include <QProcessEnvironment>

#include <string>
#include <vector>

#include <CLI/CLI.hpp>

namespace isol8::service {

//! The command line of isol8-service, as it came.
struct ServeFlags
{
    bool local = false;
    bool debug = false;
    bool accessLog = false;
    bool authDb = false; //!< --auth-db, with or without a value
    std::string config;
    std::string idle = "15m";
    std::string maxBody = "16m";
    std::string maxConnections;
    std::string writeTimeout;
    std::vector<std::string> prewarm{"python"};
    std::string port;
    std::string bind = "127.0.0.1";
    std::string key;
    std::string keyFile;
    std::string database;
    std::string tlsCertificate;
    std::string tlsKey;
};

void setUpFlags(CLI::App &app, ServeFlags *flags);
//! After \a app has parsed: what cannot be seen in the flags alone. bad_value names a flag that does not belong.
[[nodiscard]] Result<void> finishFlags(const CLI::App &app, ServeFlags *flags);

//! -p, else ISOL8_PORT, else PORT, else 3000. bad_value.
[[nodiscard]] Result<quint16> portOf(const ServeFlags &flags, const QProcessEnvironment &environment);

//! The configuration that \a flags and \a environment stand for, found from the folder that the process is in.
[[nodiscard]] Result<Config> readConfig(const ServeFlags &flags, const QProcessEnvironment &environment);

//! Everything but the sockets. bad_value names the flag that is wrong; `key_missing`; and what loadConfig(),
//! docker::Endpoint::discover() and loadServerTls() find.
[[nodiscard]] Result<ServiceOptions> readOptions(const ServeFlags &flags, const QProcessEnvironment &environment);

} // namespace isol8::service
