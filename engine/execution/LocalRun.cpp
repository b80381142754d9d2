// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/execution/LocalRun.h>

#include <isol8/execution/Collection.h>
#include <isol8/execution/Installation.h>
#include <isol8/execution/SessionTerms.h>
#include <isol8/guest/RunSignals.h>
#include <isol8/remotecode/Loader.h>
#include <isol8/sandbox/FileOperation.h>
#include <isol8/sandbox/Program.h>
#include <isol8/session/Session.h>
#include <isol8/snapshot/SnapshotRestore.h>

#include <QCryptographicHash>
#include <QDeadlineTimer>
#include <QLoggingCategory>
#include <QPointer>
#include <QUuid>

#include <algorithm>
#include <csignal>
#include <cstring>

using namespace Qt::StringLiterals;

namespace isol8 {

namespace {

Q_LOGGING_CATEGORY(runLog, "isol8.run", QtWarningMsg)

// How long init may take to report the end of what it was told to kill.
constexpr milliseconds KillPatience{1500};
// How long reading the output paths may take once the program has ended.
constexpr milliseconds CollectPatience{30000};
// Of files that are streamed how long their reader has for a MiB, and for all.
constexpr milliseconds TakePatience{600000};
constexpr milliseconds StreamPatience{3600000};
constexpr int MostStreamedFiles = 100000;
// How long a run waits for a sandbox that is still being emptied: about as long as a start of its own takes.
constexpr milliseconds ResetPatience{300};
// How long a session's program has to end by itself when it is interrupted: its interpreter, and all in it, live on.
constexpr milliseconds InterruptPatience{1000};
// What a run may show, as values, in all.
constexpr qint64 ValuesLimit = 32 * MiB;
constexpr qsizetype ValuesCount = 1000;
// How long the output of an interactive program rests before what may be a secret's beginning is shown.
constexpr milliseconds OutputPause{40};
// How many files are on their way into the sandbox at once: enough to hide the stream's delay.
constexpr qsizetype MaxUploads = 64;

QString signalName(int number)
{
    const char *name = ::sigabbrev_np(number);
    return name ? u"SIG"_s + QString::fromLatin1(name) : u"SIG%1"_s.arg(number);
}

// None: the engine's own hold.
Result<std::optional<RuntimeRegistry>> broughtRuntimes(const RunOptions &options)
{
    if (!options.runtimes)
        return std::optional<RuntimeRegistry>();
    auto extended = RuntimeRegistry::builtIn().extendedBy(*options.runtimes);
    if (!extended)
        return isol8::fail(extended.error());
    return std::optional(std::move(*extended));
}

double toMB(quint64 bytes)
{
    return double(bytes) / double(MiB);
}

} // namespace

struct LocalRun::Streams
{
    OutputFilter out;
    OutputFilter err;
    qint64 rawLimit;       // what init passes on of each
    QTimer pause{nullptr}; // runs while an interactive program's output is held back
};

LocalRun::LocalRun(RunHost *host, RunRequest request, RunOptions options, QString owner, QObject *parent)
    : Run(parent)
    , m_host(host)
    , m_request(std::move(request))
    , m_options(std::move(options))
    , m_owner(std::move(owner))
{
    m_result.executionId = QUuid::createUuid().toString(QUuid::WithoutBraces);
    m_result.timestamp = QDateTime::currentDateTimeUtc();
    m_result.usageIsWhole = true;
    m_sinceQueued.start();
    m_deadline.setSingleShot(true);
    m_deadline.setTimerType(Qt::PreciseTimer);
    connect(&m_deadline, &QTimer::timeout, this, &LocalRun::timedOut);
    m_grace.setSingleShot(true);
    QTimer::singleShot(0, this, &LocalRun::plan);
}

LocalRun::~LocalRun()
{
    if (m_state != State::Finished)
        m_host->leave(this);
    dropSandbox();
}

// The session that there is says what the request leaves open: its runtime, and what belongs to its sandbox.
Result<void> LocalRun::findSession()
{
    if (!m_options.snapshot.isEmpty() && !isPersistent(m_options))
        return isol8::fail(errors::BadRequest,
                           u"snapshot is what a session begins with; give a sessionId or mode persistent, too."_s);
    if (m_session || !isPersistent(m_options))
        return {};
    if (!m_options.sessionId.isEmpty() && !isSessionId(m_options.sessionId))
        return isol8::fail(errors::BadRequest,
                           u"sessionId must be 1 to 64 letters, digits, dots, dashes or underscores."_s);
    Session *const session =
        m_options.sessionId.isEmpty() ? nullptr : m_host->findSession(m_owner, m_options.sessionId);
    if (session && !m_options.snapshot.isEmpty())
        return isol8::fail(
            errors::SessionConflict,
            u"The session %1 is there already, so that it cannot begin with a snapshot; choose another name."_s.arg(
                session->id()));
    if (!session && !m_options.snapshot.isEmpty()) {
        const auto saved = SnapshotStore().info(m_owner, m_options.snapshot);
        if (!saved)
            return isol8::fail(saved.error());
        m_snapshotRuntime = saved->runtime;
        if (!m_options.asked)
            m_options.asked = askedOptions(m_request, m_options);
        if (!m_options.asked->contains(u"runtime"))
            m_request.runtime = saved->runtime;
    }
    if (!session)
        return {};
    m_session = session;
    m_result.sessionId = session->id();
    adoptTerms(&m_request, &m_options, m_host->termsOf(session));
    return {};
}

// False when the run has failed.
bool LocalRun::joinSession()
{
    if (!isPersistent(m_options))
        return true;
    if (m_session && m_session->isLost()) {
        sessionLost(
            {{}, u"The session %1 is lost: its sandbox ended. Its name is free again."_s.arg(m_session->id()), {}});
        return false;
    }
    if (m_session) {
        if (const auto agreed = applyTerms(&m_plan, m_options, m_host->termsOf(m_session)); !agreed) {
            fail(Reason::SetupFailed, agreed.error());
            return false;
        }
    } else if (!m_result.sessionId.isEmpty()) {
        fail(Reason::SessionLost,
             {errors::SessionLost.toString(), u"The session %1 has ended meanwhile."_s.arg(m_result.sessionId), {}});
        return false;
    } else if (!m_snapshotRuntime.isEmpty() && m_snapshotRuntime != m_plan.runtime) {
        // What was installed, and how a later run is started, is that runtime's.
        fail(
            Reason::SetupFailed,
            {errors::SessionConflict.toString(),
             u"The snapshot %1 is of a session of the runtime %2, and this run is for %3; leave the runtime out, or begin without the snapshot."_s
                 .arg(m_options.snapshot, m_snapshotRuntime, m_plan.runtime),
             {}});
        return false;
    } else {
        m_session = m_host->makeSession(m_owner, m_options.sessionId, isol8::termsOf(m_plan, m_options));
        m_result.sessionId = m_session->id();
        m_makesSession = true;
    }
    connect(m_session, &Session::ending, this, &LocalRun::sessionEnding);
    m_session->addSecrets(m_plan.secretValues);
    if (auto patterns = SecretPatterns::compile(m_session->secrets()))
        m_plan.secrets = std::move(*patterns);
    return true;
}

void LocalRun::plan()
{
    if (m_state != State::Planning || m_cancelled)
        return;
    if (const auto found = findSession(); !found) {
        fail(Reason::SetupFailed, found.error());
        return;
    }
    const auto brought = broughtRuntimes(m_options);
    if (!brought) {
        fail(Reason::SetupFailed, brought.error());
        return;
    }
    const PlanContext host = m_host->planContext();
    const PlanContext context{host.config, *brought ? **brought : host.runtimes, host.limits, host.hostCpus,
                              m_images.get()};
    auto planned = planRun(m_request, m_options, context);
    if (!planned) {
        fail(Reason::SetupFailed, planned.error());
        return;
    }
    if (!m_request.codeUrl.isEmpty()) {
        fetchCode();
        return;
    }
    if (planned->dependsOnImages) {
        lookUpImages();
        return;
    }
    m_plan = std::move(*planned);
    if (!m_plan.imageName.isEmpty())
        Q_EMIT progress(u"The image %1 has the packages"_s.arg(m_plan.imageName));
    takeCompiled();
    m_request.files.clear(); // the plan has them, and lets each go when it is sent
    m_result.runtime = m_plan.runtime;
    m_result.limited = m_plan.limited;
    for (const InputFile &file : std::as_const(m_plan.uploads))
        m_uploadBytes += file.content.size();
    if (m_uploadBytes > m_plan.spec.memory) {
        outOfMemory(u"The files of the run need"_s);
        finish();
        return;
    }
    if (!joinSession())
        return;
    m_state = State::Queued;
    if (m_session)
        m_session->enter(this, [this] { waitInQueue(); });
    else
        waitInQueue();
}

void LocalRun::waitInQueue()
{
    if (m_state != State::Queued || m_cancelled)
        return;
    if (const auto queued = m_host->enqueue(this, m_options.priority); !queued)
        fail(Reason::SetupFailed, queued.error());
}

void LocalRun::lookUpImages()
{
    m_host->customImages({this, [this](const Result<ImageCatalogue::Images> &images) {
                              if (m_state != State::Planning || m_cancelled)
                                  return;
                              if (!images) {
                                  fail(Reason::Internal, images.error());
                                  return;
                              }
                              m_images = *images;
                              plan();
                          }});
}

// Where this program was compiled before, the first step is to be spared.
void LocalRun::takeCompiled()
{
    if (m_plan.compiledKey.isEmpty())
        return;
    if (const QByteArray *program = m_host->compiled().find(m_owner, m_plan.compiledKey)) {
        m_plan.uploads.append({m_plan.compiledFile, *program, 0755});
        m_plan.steps.removeFirst();
        m_plan.compiledKey.clear();
    }
}

// A compiler that made anything else beside its program is run again the next time.
void LocalRun::keepCompiled()
{
    m_state = State::Installing;
    const QByteArray key = std::exchange(m_plan.compiledKey, {});
    const auto underWay = [this] { return m_state == State::Installing && !m_cancelled; };
    files::list(m_sandbox->channel(), u"/sandbox/*"_s, {2, false},
                {this, [this, key, underWay](const auto &entries) {
                     if (!underWay())
                         return;
                     if (!entries || entries->size() != 2) {
                         nextStep();
                         return;
                     }
                     files::get(m_sandbox->channel(), m_plan.compiledFile, CompileCache::MaxProgram,
                                {this, [this, key, underWay](const Result<files::Content> &program) {
                                     if (!underWay())
                                         return;
                                     if (program)
                                         m_host->compiled().insert(m_owner, key, program->bytes);
                                     nextStep();
                                 }});
                 }});
}

void LocalRun::fetchCode()
{
    m_codeLoad.reset(m_host->codeLoader()->load(
        {m_request.codeUrl, m_request.codeHash, m_request.allowInsecureCodeUrl, m_options.remoteCode}, nullptr));
    connect(m_codeLoad.get(), &remotecode::CodeLoad::finished, this, &LocalRun::codeFetched);
    Q_EMIT progress(u"Fetching the code"_s);
}

// From here on it is as if the text had been given.
void LocalRun::codeFetched(const Result<QByteArray> &code)
{
    m_codeLoad.release()->deleteLater();
    if (!code) {
        fail(Reason::SetupFailed, code.error());
        return;
    }
    m_request.fileName = programName(m_request);
    m_request.codeUrl.clear();
    m_request.code = *code;
    m_result.fetchedCodeHash = QCryptographicHash::hash(*code, QCryptographicHash::Sha256).toHex();
    m_sinceQueued.start();
    plan();
}

void LocalRun::admitted()
{
    if (m_state != State::Queued || m_cancelled)
        return;
    m_state = State::Opening;
    m_result.queuedMs = m_sinceQueued.elapsed();
    obtainSandbox();
}

void LocalRun::obtainSandbox()
{
    if (isPersistent(m_options)) {
        if (!m_session || m_session->isLost()) {
            sessionLost({{}, u"The session %1 has ended meanwhile."_s.arg(m_result.sessionId), {}});
        } else if (m_session->sandbox()) {
            watch(m_session->sandbox());
            m_session->wake({this, [this](const Result<void> &) { handedOver(); }});
        } else {
            m_makesSession = true;
            startSandbox();
        }
        return;
    }
    if (Sandbox *pooled = m_host->takePooled(m_plan.spec, this)) {
        watch(pooled);
        if (pooled->isResetting()) {
            connect(pooled, &Sandbox::wasReset, this, &LocalRun::sandboxReset);
            QTimer::singleShot(ResetPatience, this, [this, waited = QPointer(pooled)] { resetTakesLong(waited); });
        } else if (pooled->isReady()) {
            handedOver();
        } else {
            setStarting(true);
            connect(pooled, &Sandbox::ready, this, &LocalRun::handedOver);
        }
        return;
    }
    startSandbox();
}

void LocalRun::startSandbox()
{
    setStarting(true);
    m_host->prepareIdentity(m_owner,
                            m_session          ? u"session"_s
                            : m_plan.spec.keep ? u"persist"_s
                                               : u"run"_s,
                            m_result.sessionId, {this, [this](const Result<SandboxIdentity> &identity) {
                                                     if (m_state != State::Opening || m_cancelled)
                                                         return;
                                                     if (identity)
                                                         openSandbox(*identity);
                                                     else
                                                         fail(Reason::Internal, identity.error());
                                                 }});
}

void LocalRun::setStarting(bool starting)
{
    if (std::exchange(m_starting, starting) && !starting)
        m_host->started();
}

void LocalRun::sandboxReset(bool clean)
{
    if (m_state != State::Opening || m_cancelled)
        return;
    if (clean) {
        handedOver();
        return;
    }
    dropSandbox();
    obtainSandbox();
}

void LocalRun::resetTakesLong(Sandbox *sandbox)
{
    if (m_state != State::Opening || m_cancelled || !sandbox || m_sandbox != sandbox || !sandbox->isResetting())
        return;
    m_sandbox = nullptr;
    sandbox->disconnect(this);
    m_host->release(sandbox, m_owner, true);
    startSandbox();
}

void LocalRun::openSandbox(const SandboxIdentity &identity)
{
    auto *sandbox = new Sandbox(m_host->client(), m_plan.spec, identity, this);
    watch(sandbox);
    connect(sandbox, &Sandbox::ready, this, &LocalRun::handedOver);
    sandbox->open();
}

void LocalRun::watch(Sandbox *sandbox)
{
    m_sandbox = sandbox;
    connect(sandbox, &Sandbox::closed, this, &LocalRun::sandboxClosed);
}

void LocalRun::sandboxClosed(const Error &error)
{
    if (m_state == State::Collecting) {
        giveUpCollecting(u"since the sandbox ended"_s);
        return;
    }
    const bool wall = error.code == errors::WallMissing;
    // Where files fill the memory, init may be the only one left for the kernel to kill.
    const bool filled =
        m_state == State::Uploading && error.code == errors::SandboxLost && m_uploadBytes > m_plan.spec.memory / 2;
    if (filled)
        outOfMemory(u"The files of the run need"_s);
    if (m_timedOut || m_cancelling || filled)
        finish();
    else if (m_session && !m_makesSession)
        sessionLost(error);
    else
        fail(wall ? Reason::SetupFailed : Reason::Internal, error);
}

// Who is told so knows that the name is free for another.
void LocalRun::sessionLost(const Error &error)
{
    RunHost *const host = m_host;
    const QPointer<Session> session = m_session;
    fail(Reason::SessionLost, {errors::SessionLost.toString(), error.message, error.detail});
    if (session)
        host->endSession(session);
}

// Somebody has removed it; the sandbox is gone already.
void LocalRun::sessionEnding(const Error &error)
{
    if (m_state == State::Finished || m_cancelled)
        return;
    if (m_restore)
        m_restore.release()->deleteLater();
    if (m_makesSession && m_sandbox) { // the session has not taken it over yet
        m_sandbox->disconnect(this);
        m_host->release(m_sandbox, m_owner, false);
    }
    m_sandbox = nullptr;
    m_session = nullptr;
    if (m_program)
        m_program.release()->deleteLater();
    if (m_timedOut || m_cancelling)
        finish();
    else
        fail(Reason::SessionLost, {errors::SessionLost.toString(), error.message, error.detail});
}

void LocalRun::handedOver()
{
    if (m_state != State::Opening || m_cancelled)
        return;
    setStarting(false);
    m_state = State::Uploading;
    m_result.containerId = m_sandbox->containerId();
    m_result.timestamp = QDateTime::currentDateTimeUtc();
    m_sinceHandOver.start();
    m_deadline.start(m_plan.timeout);
    if (m_plan.network.rules || !m_plan.packages.isEmpty()) {
        m_door = std::make_unique<RunDoor>(m_plan.network, m_plan.secrets, m_host->resolver(), nullptr);
        connect(m_door.get(), &RunDoor::logged, this, &Run::networkLogged);
    }

    if (m_makesSession && !m_options.snapshot.isEmpty())
        restore();
    else
        restored({});
}

void LocalRun::restore()
{
    m_restore = std::make_unique<SnapshotRestore>(SnapshotStore(), m_sandbox->channel(), m_owner, m_options.snapshot);
    connect(m_restore.get(), &SnapshotRestore::finished, this, &LocalRun::restored);
    m_restore->start();
}

// A session is one from here on, so that none is left that has half of a snapshot.
void LocalRun::restored(const Error &error)
{
    if (m_state != State::Uploading || m_cancelled)
        return;
    if (m_restore)
        m_restore.release()->deleteLater();
    if (error.code == errors::SandboxLost || error.code == errors::DockerLost)
        return; // the sandbox reports its end itself, with its own reason
    if (error.code == errors::Oom) {
        outOfMemory(u"The files of the snapshot need"_s);
        finish();
        return;
    }
    if (!error.code.isEmpty()) {
        fail(Reason::SetupFailed, error);
        return;
    }
    if (m_makesSession && m_session) {
        m_session->adopt(m_sandbox);
        m_makesSession = false;
    }
    upload();
}

// Init carries them out in order.
void LocalRun::upload()
{
    const qsizetype folders = m_plan.directories.size();
    const qsizetype uploads = folders + m_plan.uploads.size();
    const qsizetype all = uploads + m_plan.folders.size();
    const Callback<void> done{this, [this](const Result<void> &result) { uploaded(result); }};
    for (; m_uploading < MaxUploads && m_nextUpload < all; ++m_nextUpload, ++m_uploading) {
        if (m_nextUpload < folders) {
            files::makeDirectory(m_sandbox->channel(), m_plan.directories[m_nextUpload], {}, done);
        } else if (m_nextUpload >= uploads) {
            const InputFile &folder = m_plan.folders[m_nextUpload - uploads];
            const auto mode =
                folder.mode & 0111 ? std::optional(folder.mode) : std::nullopt; // that of a file: none was given
            files::makeDirectory(m_sandbox->channel(), folder.path, {mode, folder.mtimeMs}, done);
        } else {
            const InputFile file = std::exchange(m_plan.uploads[m_nextUpload - folders], {});
            files::put(m_sandbox->channel(), file.path, file.content, {file.mode, file.mtimeMs}, done);
        }
    }
    if (m_uploading == 0)
        startStep();
}

void LocalRun::uploaded(const Result<void> &result)
{
    if (m_state != State::Uploading || m_cancelled)
        return;
    if (!result && (result.error().code == errors::SandboxLost || result.error().code == errors::DockerLost))
        return; // the sandbox reports its end itself, with its own reason
    if (!result) {
        if (result.error().code == errors::Oom) {
            outOfMemory(u"The files of the run need"_s);
            finish();
        } else {
            fail(Reason::SetupFailed, result.error());
        }
        return;
    }
    --m_uploading;
    upload();
}

void LocalRun::prepareInstallation()
{
    m_state = State::Installing;
    m_installation = std::make_unique<Installation>(m_host, m_sandbox, m_plan.packages);
    const auto underWay = [this] { return m_state == State::Installing && !m_cancelled; };
    connect(m_installation.get(), &Installation::prepared, this, [this, underWay] {
        if (underWay())
            startStep();
    });
    connect(m_installation.get(), &Installation::ended, this, [this, underWay] {
        if (underWay())
            nextStep();
    });
    connect(m_installation.get(), &Installation::failed, this, [this, underWay](const Error &error) {
        if (underWay())
            fail(Reason::SetupFailed, error);
    });
    m_installation->prepare();
}

void LocalRun::nextStep()
{
    ++m_step;
    startStep();
}

void LocalRun::startStep()
{
    RunStep &step = m_plan.steps[m_step];
    if (step.once && m_session && m_session->isSetUp()) {
        nextStep();
        return;
    }
    if (step.installs && !m_installation) {
        prepareInstallation();
        return;
    }
    if (!step.files.isEmpty()) {
        m_plan.directories.clear(); // which are there
        m_plan.uploads = std::exchange(step.files, {});
        m_nextUpload = 0;
        m_state = State::Uploading;
        upload();
        return;
    }
    m_state = State::Running;
    m_sandbox->channel()->setPaused(m_paused);
    const bool isCode = step.phase == Phase::Code;
    const qint64 rawLimit = m_plan.maxOutput + m_plan.secrets->longest() + 4;
    const bool isTerminal = step.message.flags & guest::RunMessage::Pty;
    const auto form = isTerminal && !m_options.collectOutput ? OutputFilter::Form::Raw : OutputFilter::Form::Text;
    m_streams.reset(new Streams{OutputFilter(m_plan.secrets, m_plan.maxOutput, form),
                                OutputFilter(m_plan.secrets, m_plan.maxOutput), rawLimit});
    m_streams->pause.setSingleShot(true);
    connect(&m_streams->pause, &QTimer::timeout, this, &LocalRun::outputRests);
    if (isTerminal) { // which may have been resized meanwhile
        step.message.columns = quint32(m_options.ptySize.width());
        step.message.rows = quint32(m_options.ptySize.height());
    }
    if (isCode && m_plan.mayWait)
        step.message.flags |= guest::RunMessage::Waiting;
    step.message.maxStdout = step.message.maxStderr = quint64(rawLimit);

    m_program = std::make_unique<Program>(m_sandbox->channel());
    if (step.installs) {
        m_installation->complete(&step.message);
        m_door->serveInstaller(m_program.get(), m_installation->origins());
    } else if (m_plan.network.rules) {
        m_door->serve(m_program.get());
    }
    connect(m_program.get(), &Program::output, this, &LocalRun::programOutput);
    connect(m_program.get(), &Program::exited, this, &LocalRun::programExited);
    if (isCode) {
        connect(m_program.get(), &Program::started, this, [this] {
            m_result.setupMs = m_sinceHandOver.elapsed();
            const QPointer<LocalRun> self(this);
            takeBackground();
            if (self)
                Q_EMIT started();
        });
        connect(m_program.get(), &Program::displayed, this, &LocalRun::showValue);
        connect(m_program.get(), &Program::leftOut, this, [this](const QByteArray &type) {
            leaveOut(type, u"it has more than %1"_s.arg(formatSize(Program::MaxValue)));
        });
        connect(m_program.get(), &Program::stdinTaken, this, &Run::stdinTaken);
    } else {
        Q_EMIT progress(step.title);
    }
    connect(m_program.get(), &Program::usage, this, &LocalRun::tellUsage);
    m_result.usageIsWhole = false;
    m_program->start(step.message);
    if (isCode) {
        m_program->writeStdin(std::exchange(m_request.stdinData, {}));
        m_program->writeStdin(std::exchange(m_earlyStdin, {}));
    }
    for (const int signal : std::exchange(m_earlySignals, {}))
        m_program->sendSignal(signal);
    if (!isCode || !m_request.interactiveStdin || !m_stdinOpen)
        m_program->closeStdin();
}

void LocalRun::tellUsage(const guest::UsageMessage &message)
{
    ResourceUsage usage;
    usage.cpuMs = m_result.resourceUsage.cpuMs = m_endedCpuMs + qint64(message.cpuNs / 1000000);
    usage.memoryMB = toMB(message.memory);
    usage.peakMemoryMB = m_result.resourceUsage.peakMemoryMB =
        std::max(m_result.resourceUsage.peakMemoryMB, usage.memoryMB);
    Q_EMIT this->usage(usage);
}

void LocalRun::emitOutput(OutputStream stream, const QByteArray &text)
{
    if (text.isEmpty())
        return;
    const Phase phase = m_plan.steps[m_step].phase;
    m_shown[int(stream)] += phase == Phase::Code ? text.size() : 0;
    if (m_options.collectOutput)
        (stream == OutputStream::Stdout ? m_result.stdoutText : m_result.stderrText).append(text);
    Q_EMIT output(stream, text, phase);
}

void LocalRun::programOutput(bool isStderr, QByteArrayView data)
{
    if (m_state != State::Running || m_cancelled)
        return;
    const QPointer<LocalRun> self(this);
    if (isStderr)
        emitOutput(OutputStream::Stderr, m_streams->err.feed(data));
    else
        emitOutput(OutputStream::Stdout, m_streams->out.feed(data));
    if (!self || !(m_options.pty || m_request.interactiveStdin))
        return;
    if (m_streams->out.isHolding() || m_streams->err.isHolding())
        m_streams->pause.start(OutputPause);
    else
        m_streams->pause.stop();
}

// A prompt, or the echo of a key, is not to wait for what comes behind it.
void LocalRun::outputRests()
{
    if (m_state != State::Running || m_cancelled)
        return;
    const QPointer<LocalRun> self(this);
    emitOutput(OutputStream::Stdout, m_streams->out.pause());
    if (self)
        emitOutput(OutputStream::Stderr, m_streams->err.pause());
}

void LocalRun::showValue(const QByteArray &type, const QByteArray &data)
{
    if (m_state != State::Running || m_cancelled)
        return;
    if (data.size() > ValuesLimit - m_valueBytes || m_values >= ValuesCount) {
        m_result.truncated = true;
        ++m_valuesLeft;
        return;
    }
    m_valueBytes += data.size();
    ++m_values;
    const QByteArray mime = m_plan.secrets->mask(type.toLower());
    const bool isText = mime.startsWith("text/") || mime == "image/svg+xml" || mime.endsWith("json");
    const bool isOpaque =
        !isText && (mime.startsWith("image/") || mime.startsWith("audio/") || mime.startsWith("video/"));
    const QByteArray masked = m_plan.secrets->mask(data);
    if (isOpaque && masked != data) { // a picture that was changed would be none
        leaveOut(type, u"it holds a secret"_s);
        return;
    }
    const QJsonObject value{{u"type"_s, QString::fromLatin1(mime)},
                            {u"data"_s, isText ? QString::fromUtf8(masked) : QString::fromLatin1(masked.toBase64())},
                            {u"stdoutAt"_s, m_shown[0]},
                            {u"stderrAt"_s, m_shown[1]}};
    if (m_options.collectOutput)
        m_result.results.append(value);
    Q_EMIT displayed(value);
}

// In its place, in order with the output, stands why.
void LocalRun::leaveOut(const QByteArray &type, const QString &why)
{
    m_result.truncated = true;
    showValue("text/plain", u"A value of the type %1 was left out: %2."_s.arg(QString::fromLatin1(type), why).toUtf8());
}

// What a session's processes wrote between two runs is the later one's to tell, apart from its own output.
void LocalRun::takeBackground()
{
    if (!m_session)
        return;
    const Session::Background written = m_session->takeBackground();
    const QPointer<LocalRun> self(this);
    m_result.backgroundStdout += written.stdoutText;
    m_result.backgroundStderr += written.stderrText;
    if (!written.stdoutText.isEmpty())
        Q_EMIT background(OutputStream::Stdout, written.stdoutText);
    if (self && !written.stderrText.isEmpty())
        Q_EMIT background(OutputStream::Stderr, written.stderrText);
}

// False when a slot of output() deleted this run.
bool LocalRun::flushStreams(const guest::ExitMessage &message)
{
    const QPointer<LocalRun> self(this);
    const bool outCut = message.stdoutBytes > quint64(m_streams->rawLimit);
    const bool errCut = message.stderrBytes > quint64(m_streams->rawLimit);
    emitOutput(OutputStream::Stdout, m_streams->out.finish(outCut));
    if (!self)
        return false;
    emitOutput(OutputStream::Stderr, m_streams->err.finish(errCut));
    if (!self)
        return false;
    if (m_streams->out.truncated() || m_streams->err.truncated())
        m_result.truncated = true;
    return true;
}

void LocalRun::addUsage(const guest::ExitMessage &message)
{
    ResourceUsage &usage = m_result.resourceUsage;
    usage.cpuMs = m_endedCpuMs += qint64(message.cpuNs / 1000000);
    m_result.usageIsWhole = true;
    usage.memoryMB = toMB(message.memory);
    usage.peakMemoryMB = std::max(usage.peakMemoryMB, toMB(message.peakMemory));
    if (message.wallNs > 0)
        usage.cpuPercent = double(message.cpuNs) / double(message.wallNs) * 100.0;
}

void LocalRun::programExited(const guest::ExitMessage &message)
{
    if (m_state != State::Running || m_cancelled)
        return;
    if (!flushStreams(message))
        return;
    addUsage(message);
    m_madeRoom = m_madeRoom || (message.flags & guest::ExitMessage::RoomMade);
    m_program.release()->deleteLater();
    if (m_session && m_plan.live && m_plan.steps[m_step].phase == Phase::Code) {
        m_result.stateKept = (message.flags & guest::ExitMessage::StateKept) != 0;
        m_result.stateFresh = (message.flags & guest::ExitMessage::StateFresh) != 0;
        m_stateGone = m_result.stateFresh && m_session->hasState();
        m_session->setHasState(*m_result.stateKept);
    }
    if (m_timedOut || m_cancelling) {
        if (m_timedOut && m_result.stateKept == true)
            m_result.error = lateSentence(u"interrupted");
        m_result.durationMs = qint64(message.wallNs / 1000000);
        m_grace.stop();
        tellOfState(message);
        finish();
        return;
    }
    if (m_plan.steps[m_step].phase == Phase::Setup) {
        setupEnded(message);
        return;
    }
    m_deadline.stop();
    m_result.durationMs = qint64(message.wallNs / 1000000);
    judge(message);
    tellOfState(message);
    m_wentWell = m_result.reason == Reason::Completed || m_result.reason == Reason::Killed;
    collect();
}

void LocalRun::tellOfState(const guest::ExitMessage &message)
{
    QStringList sentences;
    if (!m_result.error.isEmpty())
        sentences.append(m_result.error);
    if (m_valuesLeft > 0) {
        sentences.append(u"%1 of the values that the program showed had no room: a run shows %2 values at most, of %3 "
                         u"together."_s.arg(m_valuesLeft)
                             .arg(ValuesCount)
                             .arg(formatSize(ValuesLimit)));
    }
    if (m_result.stateKept == false)
        sentences.append(stateLostSentence());
    const bool replaced = message.flags & guest::ExitMessage::LiveReplaced;
    if (replaced && m_plan.live)
        sentences.append(
            u"The session's interpreter did not take the program, since an earlier one held or had ended it; the program ran in a new one, without the earlier names."_s);
    else if (m_stateGone)
        sentences.append(
            u"The session's interpreter had ended since the last run that told its end; the program ran in a new one, without the earlier names."_s);
    if (m_madeRoom)
        sentences.append(
            u"What earlier runs of the session had left running was ended%1, for it had reached the limit of %2 processes."_s
                .arg(replaced && !m_plan.live ? u", and its interpreter with it"_s : QString())
                .arg(m_plan.spec.pids));
    m_result.error = sentences.join(u' ');
}

void LocalRun::setupEnded(const guest::ExitMessage &message)
{
    if (message.how == guest::ExitMessage::Exited && message.code == 0) {
        if (m_options.collectOutput) {
            m_result.stdoutText.clear();
            m_result.stderrText.clear();
        }
        m_result.truncated = false;
        if (m_plan.steps[m_step].once && m_session)
            m_session->setUp();
        if (m_plan.steps[m_step].installs) {
            m_state = State::Installing;
            m_installation->end(true);
        } else if (!m_plan.compiledKey.isEmpty() && message.stdoutBytes + message.stderrBytes == 0) {
            keepCompiled(); // with warnings it is compiled each time, so that they are always seen
        } else {
            nextStep();
        }
        return;
    }
    judge(message);
    if (m_result.reason == Reason::Completed || m_result.reason == Reason::Killed) {
        if (m_plan.steps[m_step].compiles) { // the program is at fault, as one is that an interpreter cannot read
            m_result.errorCode = errors::CompileFailed.toString();
        } else {
            m_result.reason = Reason::SetupFailed;
            m_result.errorCode = errors::SetupFailed.toString();
        }
        m_result.error = u"%1 failed with exit code %2; the program was not started."_s.arg(m_plan.steps[m_step].title)
                             .arg(m_result.exitCode);
        if (m_plan.steps[m_step].installs && !m_installation->problems().isEmpty())
            m_result.error += u" Of the registries: %1."_s.arg(m_installation->problems().join(u"; "_s));
    }
    finish();
}

// Why the program ended, from what init saw.
void LocalRun::judge(const guest::ExitMessage &message)
{
    const bool failed = message.how != guest::ExitMessage::Exited || message.code != 0;
    if (message.how == guest::ExitMessage::NotStarted) {
        m_result.reason = Reason::SetupFailed;
        m_result.exitCode = 125;
        m_result.errorCode = errors::SetupFailed.toString();
        m_result.error = u"The program could not be started: "_s +
                         QString::fromUtf8(message.message.data(), qsizetype(message.message.size())).left(512);
        if (!m_result.error.endsWith(u'.'))
            m_result.error += u'.';
        return;
    }
    const bool signalled = message.how == guest::ExitMessage::Signalled;
    m_result.exitCode = signalled ? 128 + message.code : message.code;
    if (signalled)
        m_result.signal = signalName(message.code);
    if (failed && (message.flags & guest::ExitMessage::OomKilled)) {
        outOfMemory(u"The program was killed, for it needed"_s);
    } else if (signalled) {
        m_result.reason = Reason::Killed;
        m_result.error =
            message.flags & guest::ExitMessage::LiveBroken
                ? u"isol8 ended the program, for it had closed or disturbed the interpreter's connection to isol8."_s
                : u"The program was ended by %1."_s.arg(m_result.signal);
    } else if (failed && (message.flags & guest::ExitMessage::DiskFull)) {
        m_result.reason = Reason::DiskFull;
        m_result.errorCode = toString(Reason::DiskFull);
        m_result.error =
            u"The program failed while /sandbox (%1), /tmp (%2) or /dev/shm (%3) was full; raise the sandbox size or "
            u"the tmp size, or use less of /dev/shm, whose size is fixed."_s.arg(
                formatSize(m_plan.spec.sandboxSize), formatSize(m_plan.spec.tmpSize), formatSize(ShmSize));
    } else {
        m_result.reason = Reason::Completed;
        if (failed && (message.flags & guest::ExitMessage::PidsLimited))
            m_result.error =
                u"The program reached its limit of %1 processes; raise the PID limit."_s.arg(m_plan.spec.pids);
    }
}

void LocalRun::outOfMemory(const QString &who)
{
    m_result.reason = Reason::Oom;
    m_result.exitCode = 137;
    m_result.errorCode = errors::Oom.toString();
    m_result.error = u"%1 more memory than the sandbox's limit of %2 (files in /sandbox and /tmp count); raise the "
                     u"memory limit."_s.arg(who, formatSize(m_plan.spec.memory));
}

QString LocalRun::lateSentence(QStringView end) const
{
    const bool underWay = m_state == State::Installing || m_state == State::Running;
    return u"%1 did not end within %2 and was %3; raise the timeout."_s.arg(
        underWay ? m_plan.steps[m_step].title : u"The program"_s, formatDuration(m_plan.timeout), end);
}

void LocalRun::timedOut()
{
    if (m_state == State::Collecting) {
        giveUpCollecting(m_options.streamFiles
                             ? u"since it was not taken in time"_s
                             : u"since that took longer than %1"_s.arg(formatDuration(CollectPatience)));
        return;
    }
    m_timedOut = true;
    const bool underWay = m_state == State::Installing || m_state == State::Running;
    const bool installs = underWay && m_plan.steps[m_step].installs;
    m_result.reason = Reason::Timeout;
    m_result.exitCode = 124;
    m_result.errorCode = errors::Timeout.toString();
    m_result.error = lateSentence(u"killed");
    if (installs && m_installation && !m_installation->problems().isEmpty())
        m_result.error += u" Of the registries: %1."_s.arg(m_installation->problems().join(u"; "_s));
    m_result.durationMs = m_sinceHandOver.elapsed() - m_result.setupMs;
    if (m_state != State::Running || m_sandbox->channel()->isLost()) {
        finish();
        return;
    }
    // A consumer that does not read must not keep the end from being told.
    m_sandbox->channel()->setPaused(false);
    endAtOnce();
}

// All in the sandbox is killed, and init says what it has used; in a session what was there before stays.
void LocalRun::endAtOnce()
{
    if (m_session) {
        endGently();
        return;
    }
    m_program->kill();
    connect(&m_grace, &QTimer::timeout, this, &LocalRun::finish, Qt::UniqueConnection);
    m_grace.start(KillPatience);
}

// In a session what the run has started ends, and what was there before stays as long as it can.
void LocalRun::endGently()
{
    connect(&m_grace, &QTimer::timeout, this, &LocalRun::endGently, Qt::UniqueConnection);
    m_grace.start(m_endingStage == 0 ? InterruptPatience : KillPatience);
    switch (m_endingStage++) {
    case 0:
        m_program->interrupt();
        return;
    case 1:
        m_program->sendSignal(SIGKILL);
        return;
    case 2:
        m_program->kill();
        return;
    default:
        m_grace.stop();
        finish();
    }
}

void LocalRun::collect()
{
    m_state = State::Collecting;
    m_sandbox->channel()->setPaused(false);
    if (m_plan.outputPaths.isEmpty()) {
        finish();
        return;
    }
    m_deadline.start(m_options.streamFiles ? TakePatience : CollectPatience);
    Collection::Limits limits;
    if (m_options.streamFiles)
        limits = {true, m_plan.spec.sandboxSize + m_plan.spec.tmpSize, MostStreamedFiles};
    m_collection = std::make_unique<Collection>(m_sandbox->channel(), m_plan.outputPaths, limits);
    connect(m_collection.get(), &Collection::finished, this, &LocalRun::collected);
    if (m_options.streamFiles) {
        connect(m_collection.get(), &Collection::fileOpened, this, &Run::fileOpened);
        connect(m_collection.get(), &Collection::fileData, this, &Run::fileData);
        connect(m_collection.get(), &Collection::fileEnded, this, &Run::fileEnded);
        const QDeadlineTimer end(StreamPatience);
        connect(m_collection.get(), &Collection::moved, this,
                [this, end] { m_deadline.start(std::min(TakePatience, milliseconds(end.remainingTime()))); });
        m_collection->setPaused(m_paused);
    }
    m_collection->start();
}

void LocalRun::dropCollection()
{
    if (!m_collection)
        return;
    m_collection->stop();
    m_collection.release()->deleteLater();
}

void LocalRun::giveUpCollecting(const QString &why)
{
    m_wentWell = false;
    m_collection->giveUp(why);
}

void LocalRun::collected()
{
    if (m_state != State::Collecting || m_cancelled)
        return;
    m_result.files = m_collection->takeFiles();
    m_result.fileInfo = m_collection->takeInfo();
    QStringList sentences = m_collection->problems();
    if (m_collection->isCut() && m_result.errorCode.isEmpty())
        m_result.errorCode = errors::TooLarge.toString();
    if (!m_result.error.isEmpty())
        sentences.prepend(m_result.error);
    m_result.error = sentences.join(u' ');
    finish();
}

void LocalRun::fail(Reason reason, const Error &error)
{
    if (m_state == State::Finished)
        return;
    qCDebug(runLog) << "failed" << error.code << error.message << error.detail;
    m_result.reason = reason;
    m_result.exitCode = 125;
    m_result.errorCode = error.code;
    m_result.error = error.detail.isEmpty() ? error.message : error.message + u" ("_s + error.detail + u')';
    finish();
}

void LocalRun::finish()
{
    if (m_state == State::Finished)
        return;
    m_state = State::Finished;
    m_deadline.stop();
    m_grace.stop();
    dropCollection();
    takeBackground();
    if (m_program && !m_session)
        m_program.release()->deleteLater();
    if (m_door) {
        m_door->finish(&m_result, m_options.logNetwork);
        m_door.release()->deleteLater();
    }
    dropSandbox();
    m_host->leave(this);
    tellFinished();
}

void LocalRun::dropSandbox()
{
    setStarting(false);
    if (m_restore) {
        m_restore->disconnect(this);
        m_restore.release()->deleteLater();
    }
    if (Session *const session = std::exchange(m_session, nullptr)) {
        if (m_sandbox)
            m_sandbox->disconnect(this);
        if (m_makesSession) { // there is none without its sandbox
            if (m_sandbox)
                m_host->release(m_sandbox, m_owner, false);
            m_sandbox = nullptr;
            session->leave(this);
            if (!session->info().isActive)
                m_host->endSession(session);
            return;
        }
        m_sandbox = nullptr;
        if (m_program)
            session->leave(this, std::move(m_program));
        else
            session->leave(this);
        return;
    }
    if (Sandbox *sandbox = std::exchange(m_sandbox, nullptr)) {
        sandbox->disconnect(this);
        const bool over = m_state == State::Finished && isKeptAfter(m_result.reason);
        if (m_plan.spec.keep && over && sandbox->isReady())
            sandbox->leave();
        else
            m_host->release(sandbox, m_owner, m_wentWell);
    }
}

void LocalRun::cancel()
{
    if (m_state == State::Finished || m_cancelled || m_cancelling)
        return;
    m_deadline.stop();
    m_grace.stop();
    m_result.reason = Reason::Cancelled;
    m_result.exitCode = 130;
    m_result.errorCode = errors::Cancelled.toString();
    m_result.error = u"The run was cancelled."_s;
    if (m_sinceHandOver.isValid())
        m_result.durationMs = m_sinceHandOver.elapsed() - m_result.setupMs;
    if (m_program && m_state == State::Running && !m_timedOut && !m_sandbox->channel()->isLost()) {
        m_cancelling = true;
        m_sandbox->channel()->setPaused(false);
        endAtOnce();
        return;
    }
    m_cancelled = true;
    m_codeLoad.reset();
    dropCollection();
    // Nothing keeps running for nobody: the sandbox dies now, the news follows from the event loop.
    dropSandbox();
    QTimer::singleShot(0, this, &LocalRun::finish);
}

void LocalRun::cancelAtOnce()
{
    cancel();
    if (!m_cancelling || m_session || m_state == State::Finished)
        return;
    m_grace.stop();
    m_cancelled = true;
    dropSandbox();
    QTimer::singleShot(0, this, &LocalRun::finish);
}

void LocalRun::writeStdin(const QByteArray &data)
{
    if (!m_stdinOpen || m_state == State::Finished)
        return;
    if (m_program && m_plan.steps[m_step].phase == Phase::Code)
        m_program->writeStdin(data);
    else
        m_earlyStdin.append(data);
}

void LocalRun::closeStdin()
{
    m_stdinOpen = false;
    if (m_program && m_plan.steps[m_step].phase == Phase::Code)
        m_program->closeStdin();
}

qint64 LocalRun::stdinPending() const
{
    return m_earlyStdin.size() + (m_program ? m_program->stdinPending() : 0);
}

void LocalRun::sendSignal(int signal)
{
    if (!guest::isRunSignal(signal))
        return;
    if (m_program)
        m_program->sendSignal(signal);
    else if (!m_earlySignals.contains(signal))
        m_earlySignals.append(signal);
}

void LocalRun::resize(int columns, int rows)
{
    m_options.ptySize = {columns, rows};
    if (m_program)
        m_program->resize(columns, rows);
}

void LocalRun::setOutputPaused(bool paused)
{
    m_paused = paused;
    if (m_collection)
        m_collection->setPaused(paused);
    if (m_sandbox && m_state == State::Running && !m_timedOut)
        m_sandbox->channel()->setPaused(paused);
}

} // namespace isol8
