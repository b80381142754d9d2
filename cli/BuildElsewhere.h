// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/remote/EventStream.h>
#include <isol8/remote/ServiceEndpoint.h>

#include <QJsonObject>
#include <QObject>

#include <memory>
#include <optional>

namespace isol8::cli {

//! Images that a service elsewhere makes: POST /images, and what it tells meanwhile. Ends by exactly one finished().
class BuildElsewhere : public QObject
{
    Q_OBJECT

public:
    //! \a recipe: tag, runtime, installPackages, aptPackages, setupScript, force; or runtimes and force, for those of
    //! `isol8 setup`.
    BuildElsewhere(const remote::ServiceEndpoint &service, const QJsonObject &recipe, QObject *parent = nullptr);

    void cancel();
    //! After finished() without an error; the last one.
    [[nodiscard]] const QJsonObject &image() const { return m_image; }
    [[nodiscard]] bool wasBuilt() const { return m_built; }

Q_SIGNALS:
    void progress(const QString &sentence, int percent, const QString &image);
    void imageReady(const QJsonObject &image, bool built);
    void log(const QString &line);
    //! An error without a code: it is there.
    void finished(const isol8::Error &error);

private:
    void onEvent(const QByteArray &json);
    void end(const Error &error);

    std::unique_ptr<remote::EventStream> m_stream;
    std::optional<Error> m_problem;
    QJsonObject m_image;
    bool m_built = false;
};

} // namespace isol8::cli
