// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/builder/ImageBuilds.h>
#include <service/Service.h>

#include <QObject>

namespace isol8::service {

/*!
    Builds the configuration's prebuiltImages. What cannot be built is told by failed(), and installed by each run that
    wants it.
*/
class Prebuild : public QObject
{
    Q_OBJECT

public:
    explicit Prebuild(const ServiceOptions &options, QObject *parent = nullptr);

    //! finished() follows, also where there is nothing to build.
    void start();
    //! finished() follows when what was under way is gone.
    void cancel() { m_builds.cancel(); }

    [[nodiscard]] static bool isWanted(const ServiceOptions &options);

Q_SIGNALS:
    void failed(const QString &sentence);
    void finished();

private:
    docker::Client m_client;
    ImageBuilds m_builds;
};

} // namespace isol8::service
