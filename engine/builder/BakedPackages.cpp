// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/builder/BakedPackages.h>

#include <isol8/builder/BuildContext.h>
#include <isol8/docker/Client.h>
#include <isol8/execution/RunPlan.h>
#include <isol8/image/EmbeddedScripts.h>
#include <isol8/registry/Registries.h>
#include <isol8/registry/RegistrySettings.h>
#include <isol8/sandbox/Program.h>
#include <isol8/sandbox/Sandbox.h>

#include <QThread>
#include <QTimer>

using namespace Qt::StringLiterals;

namespace isol8 {

namespace {

const QString Folder = u"/isol8-build"_s;
constexpr qsizetype TailBytes = 4096;
constexpr quint64 OutputLimit = 4 * MiB;

// Room for packages that are unpacked, and for those that are compiled.
SandboxSpec bakingSpec(const Runtime &runtime, const QString &image, const QByteArray &profile)
{
    SandboxSpec spec;
    spec.image = image;
    spec.runtime = runtime.name;
    spec.network = Network::Filtered;
    spec.memory = 3 * GiB;
    spec.cpus = std::max(1, QThread::idealThreadCount());
    spec.pids = 512;
    spec.sandboxSize = 2 * GiB;
    spec.tmpSize = 1 * GiB;
    spec.readonlyRoot = false;
    spec.seccompProfile = profile;
    return spec;
}

} // namespace

BakedPackages::BakedPackages(docker::Client *client, Options options, BuildContext *context, QObject *parent)
    : QObject(parent)
    , m_client(client)
    , m_options(std::move(options))
    , m_context(context)
{
}

BakedPackages::~BakedPackages()
{
    delete m_job;
    m_program.reset();
}

void BakedPackages::start()
{
    const auto profile = seccompProfile(SeccompMode::Strict, {});
    if (!profile) {
        QTimer::singleShot(0, this, [this, error = profile.error()] { end(error); });
        return;
    }
    const SandboxSpec spec = bakingSpec(m_options.runtime, m_options.image, *profile);
    m_registries = std::make_unique<registry::Registries>(
        registry::RegistrySettings::read(registry::SettingsSources::ofThisProcess()), registry::installCacheFolder());
    m_install = m_registries->install(m_options.runtime.name, m_options.image, m_options.packages);
    m_door = std::make_unique<RunDoor>(NetworkPlan(), SecretPatterns::compile({}).value(), &m_resolver, nullptr);
    m_sandbox = new Sandbox(m_client, spec, m_options.identity, this);
    connect(m_sandbox, &Sandbox::ready, this, &BakedPackages::sandboxReady);
    connect(m_sandbox, &Sandbox::closed, this, &BakedPackages::end);
    Q_EMIT progress(u"starting a sandbox for the installer"_s, 65);
    m_sandbox->open();
}

void BakedPackages::cancel()
{
    const Error error{errors::Cancelled.toString(), u"The build was cancelled."_s, {}};
    QTimer::singleShot(0, this, [this, error] { end(error); });
}

void BakedPackages::sandboxReady()
{
    if (m_options.onLastMember)
        put(m_context->lastMember(), &BakedPackages::putFolder);
    else
        putFolder();
}

void BakedPackages::put(std::unique_ptr<QIODevice> tar, void (BakedPackages::*next)())
{
    m_tar = std::move(tar);
    m_job = m_client->putArchive(m_sandbox->containerId(), u"/"_s, m_tar.get(), this);
    connect(m_job, &docker::Job::finished, this, [this, next](const Error &error) {
        m_job->deleteLater();
        m_job.clear();
        if (!error.code.isEmpty())
            return end(error);
        (this->*next)();
    });
}

// The one place beside /sandbox and /tmp that the installer may write; what it puts there stays on the disk.
void BakedPackages::putFolder()
{
    const QByteArray name = Folder.sliced(1).toLatin1();
    auto buffer = std::make_unique<QBuffer>();
    buffer->setData(tarMember(name + '/', {}, 0755, guest::SandboxUid) +
                    tarMember(name + "/root/", {}, 0755, guest::SandboxUid) +
                    tarMember(name + "/tmp/", {}, 0700, guest::SandboxUid) +
                    tarMember(name + "/bake.sh", isol8_embedded_images_bake(), 0644, 0) + tarEnd());
    buffer->open(QIODevice::ReadOnly);
    put(std::move(buffer), &BakedPackages::install);
}

void BakedPackages::install()
{
    const auto plan = planBake(m_options.runtime, m_options.packages, Folder + u"/root"_s);
    if (!plan)
        return end(plan.error());
    InstallPlan installer = *plan;
    installer.env.insert(u"TMPDIR"_s, Folder + u"/tmp"_s);
    installer.env.insert(m_install->environment());
    Q_EMIT progress(u"installing "_s + m_options.packages.join(u", "_s).left(200), 70);
    run(installerMessage(m_options.runtime, installer), &BakedPackages::bake);
}

void BakedPackages::bake()
{
    m_install->succeeded();
    Q_EMIT progress(u"packing what was installed"_s, 85);
    guest::RunMessage message;
    message.argv = {"bash", QString(Folder + u"/bake.sh"_s).toStdString(), Folder.toStdString()};
    message.env = {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C"};
    message.cwd = Folder.toStdString();
    run(message, &BakedPackages::takeLayer);
}

void BakedPackages::run(const guest::RunMessage &message, void (BakedPackages::*next)())
{
    guest::RunMessage started = message;
    started.maxStdout = started.maxStderr = OutputLimit;
    m_output.clear();
    m_program = std::make_unique<Program>(m_sandbox->channel());
    m_door->serveInstaller(m_program.get(), m_install->origins());
    connect(m_program.get(), &Program::output, this, [this](bool, QByteArrayView data) { output(data); });
    connect(m_program.get(), &Program::exited, this, [this, next](const guest::ExitMessage &exit) {
        m_program.release()->deleteLater();
        if (exit.how == guest::ExitMessage::Exited && exit.code == 0)
            return (this->*next)();
        QString sentence = u"The packages could not be installed: the installer ended with exit code %1."_s.arg(
            exit.how == guest::ExitMessage::Exited ? exit.code : 128 + exit.code);
        if (exit.flags & guest::ExitMessage::OomKilled)
            sentence = u"The packages could not be installed: the installer needed more than %1 of memory."_s.arg(
                formatSize(m_sandbox->spec().memory));
        if (!m_install->problems().isEmpty())
            sentence += u" Of the registries: %1."_s.arg(m_install->problems().join(u"; "_s));
        end({errors::ImageFailed.toString(), sentence, QString::fromUtf8(m_output)});
    });
    m_program->start(started);
    m_program->closeStdin();
}

void BakedPackages::output(QByteArrayView data)
{
    const QString text = QString::fromUtf8(data).trimmed();
    if (!text.isEmpty())
        Q_EMIT log(text);
    m_output += data;
    if (m_output.size() > 2 * TailBytes)
        m_output = m_output.last(TailBytes);
}

void BakedPackages::takeLayer()
{
    m_job = m_client->getArchive(m_sandbox->containerId(), Folder + u"/packages.tar"_s, m_context->device(), this);
    connect(m_job, &docker::Job::finished, this, [this](const Error &error) {
        m_job->deleteLater();
        m_job.clear();
        if (!error.code.isEmpty())
            return end(error);
        const auto whole = m_context->endMember();
        end(whole ? Error() : whole.error());
    });
}

void BakedPackages::end(const Error &error)
{
    if (std::exchange(m_ending, true))
        return;
    m_error = error;
    delete m_job;
    if (m_program)
        m_program.release()->deleteLater();
    Sandbox *sandbox = std::exchange(m_sandbox, nullptr);
    if (!sandbox) {
        Q_EMIT finished(m_error);
        return;
    }
    sandbox->disconnect(this);
    connect(sandbox, &QObject::destroyed, this, [this] { Q_EMIT finished(m_error); });
    sandbox->destroy();
}

} // namespace isol8
