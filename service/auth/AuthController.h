// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <service/auth/Authenticator.h>

namespace isol8::service {

/*!
    POST and GET /auth/keys, DELETE /auth/keys/:id, POST /auth/login: the specification's section 9, for the master key.
    DELETE /auth/login revokes the key that it is asked with, whose it may be.
    400 `auth_disabled` where no keys are kept; \a authenticator may be null for that.
*/
class AuthController : public QObject
{
    Q_OBJECT

public:
    AuthController(Authenticator *authenticator, Router *router, QObject *parent = nullptr);

private:
    //! Answers where there is no database.
    [[nodiscard]] bool keepsKeys(Exchange *exchange) const;
    void create(Exchange *exchange);
    void list(Exchange *exchange);
    void remove(Exchange *exchange);
    void login(Exchange *exchange);
    void logout(Exchange *exchange);

    QPointer<Authenticator> m_authenticator;
};

} // namespace isol8::service
