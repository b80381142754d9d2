// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cli/Command.h>

namespace isol8::cli {

//! `isol8 serve`: turns into isol8-service, a program of its own so that this one starts fast.
class ServeCommand : public Command
{
    Q_OBJECT

public:
    CLI::App *setUp(CLI::App &root) override;
    void run(const CommandContext &context) override;

private:
    [[nodiscard]] QStringList arguments(const CommandContext &context) const;

    //! False: the key does not fit the other flags, which has been said.
    [[nodiscard]] bool handKeyOver();

    CLI::Option *m_local = nullptr, *m_idle = nullptr, *m_prewarm = nullptr, *m_maxBody = nullptr,
                *m_writeTimeout = nullptr, *m_port = nullptr, *m_bind = nullptr, *m_key = nullptr, *m_keyFile = nullptr,
                *m_authDb = nullptr, *m_tlsCertificate = nullptr, *m_tlsKey = nullptr, *m_maxConnections = nullptr,
                *m_accessLog = nullptr;
};

//! isol8-service beside this program's own file, else its bare name, to be found in PATH.
[[nodiscard]] QString serviceProgram();

} // namespace isol8::cli
