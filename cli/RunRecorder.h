// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cli/RunRecord.h>
#include <isol8/docker/Client.h>
#include <isol8/execution/Explicit.h>

#include <QObject>

#include <memory>

namespace isol8::cli {

//! Writes the record of one run when it has ended, with the digest of the image that it ran in.
class RunRecorder : public QObject
{
    Q_OBJECT

public:
    //! file_error where \a path cannot be written; whatever the configuration refuses.
    [[nodiscard]] static Result<std::unique_ptr<RunRecorder>>
    make(const QString &path, const RunRequest &request, const RunOptions &options, const RuntimeRegistry &runtimes,
         const Config &config, const docker::Endpoint &endpoint);

    void setResult(const RunResult &result) { m_result = result; }
    //! Then finished() follows: with \a exitCode, or 1 where that was 0 and the record could not be written.
    void write(int exitCode);

Q_SIGNALS:
    void finished(int exitCode);

private:
    RunRecorder(QString path, ExplicitRun run, QString image, const docker::Endpoint &endpoint);
    void writeWith(const QString &imageId, int exitCode);

    QString m_path;
    ExplicitRun m_run;
    QString m_image;
    docker::Client m_client;
    RunResult m_result;
};

} // namespace isol8::cli
