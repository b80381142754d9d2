// SPDX-License-Identifier: GPL-3.0-or-later
#include <cli/RunRecorder.h>

#include <cli/ExitCodes.h>
#include <cli/Terminal.h>
#include <isol8/base/Paths.h>
#include <isol8/execution/RunPlan.h>

#include <QFileInfo>
#include <QJsonDocument>

using namespace Qt::StringLiterals;

namespace isol8::cli {

RunRecorder::RunRecorder(QString path, ExplicitRun run, QString image, const docker::Endpoint &endpoint)
    : m_path(std::move(path))
    , m_run(std::move(run))
    , m_image(std::move(image))
    , m_client(endpoint)
{
}

Result<std::unique_ptr<RunRecorder>> RunRecorder::make(const QString &path, const RunRequest &request,
                                                       const RunOptions &options, const RuntimeRegistry &runtimes,
                                                       const Config &config, const docker::Endpoint &endpoint)
{
    const QFileInfo file(path);
    const QFileInfo folder(file.absolutePath());
    if (file.isDir() || !folder.isDir() || !folder.isWritable())
        return fail(errors::FileError,
                    u"The record cannot be written to %1: it, or its folder, is not a place to write to."_s.arg(path));
    auto run = makeExplicit(request, options, runtimes, config, LimitsApplied::Configured, 0);
    if (!run)
        return fail(run.error());
    const auto runtime = chooseRuntime(request, runtimes);
    if (!runtime)
        return fail(runtime.error());
    if (run->options.network == Network::Filtered) {
        if (!run->options.whitelist)
            run->options.whitelist = config.network.whitelist;
        run->options.blacklist = config.network.blacklist + run->options.blacklist.value_or(QStringList());
    }
    const QString image = options.image.isEmpty() ? runtime->image : options.image;
    return std::unique_ptr<RunRecorder>(new RunRecorder(file.absoluteFilePath(), std::move(*run), image, endpoint));
}

void RunRecorder::write(int exitCode)
{
    m_client.inspectImage(m_image, {this, [this, exitCode](const Result<QJsonObject> &image) {
                                        writeWith(image ? image->value("Id"_L1).toString() : QString(), exitCode);
                                    }});
}

void RunRecorder::writeWith(const QString &imageId, int exitCode)
{
    const RunRecord record = makeRecord(m_run.request, m_run.options, m_image, imageId, m_result);
    if (record.masked)
        printNote(u"isol8: what was run holds a secret's value; the record has *** there, and cannot be replayed."_s);
    const auto written =
        writeFileAtomically(m_path, QJsonDocument(record.toJson()).toJson(QJsonDocument::Indented), 0600);
    if (!written)
        printError(written.error());
    Q_EMIT finished(written || exitCode != 0 ? exitCode : int(Failure));
}

} // namespace isol8::cli
