// SPDX-License-Identifier: GPL-3.0-or-later
#include <cli/SessionFilesCommand.h>

#include <cli/ExitCodes.h>
#include <cli/FolderTransfer.h>
#include <cli/LargeFile.h>
#include <cli/Table.h>
#include <cli/Terminal.h>

#include <QDateTime>
#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>

#include <sys/stat.h>
#include <unistd.h>

using namespace Qt::StringLiterals;

namespace isol8::cli {

namespace {

// "drwxr-xr-x"
QString modeOf(const SessionFile &file)
{
    using Type = SessionFile::Type;
    QString text(file.type == Type::Directory ? u'd'
                 : file.type == Type::Link    ? u'l'
                 : file.type == Type::File    ? u'-'
                                              : u'?');
    for (int bit = 8; bit >= 0; --bit)
        text += (file.mode >> bit) & 1 ? u"xwr"[bit % 3] : u'-';
    return text;
}

QString timeOf(const SessionFile &file)
{
    return QDateTime::fromMSecsSinceEpoch(file.mtimeMs).toString(u"yyyy-MM-dd hh:mm:ss"_s);
}

QString nameOf(const SessionFile &file)
{
    if (file.type == SessionFile::Type::Link)
        return printableName(file.path) + u" -> "_s + printableName(file.target);
    return printableName(file.path) + (file.type == SessionFile::Type::Directory ? u"/"_s : QString());
}

} // namespace

void SessionFilesCommand::setUp(CLI::App *session)
{
    const auto add = [&](int i, const char *name, const char *what, const char *const path, bool needed) {
        CLI::App *app = session->add_subcommand(name, what);
        m_name[i] = app->add_option("NAME", "The session")->required();
        if (i == Put)
            m_file = app->add_option("FILE", "The file or folder here; - is stdin")->required();
        m_path[i] = app->add_option("PATH", path)->required(needed);
        return app;
    };
    m_files = add(Files, "files", "The files of a session", "A folder, a file or a pattern; /sandbox without", false);
    m_json = flag(m_files, "--json", "As JSON");
    m_recursive = flag(m_files, "--recursive", "Also what is below the folders");
    m_get = add(Get, "get", "Bring a file or a folder of a session here", "Which", true);
    m_output = value(m_get, "-o,--output", "FILE", "What it is to be here; - is stdout. Without: its own name");
    m_force = flag(m_get, "--force", "Replace a file that is there; folders never are");
    m_put =
        add(Put, "put", "Put a file or a folder into a session", "What it is to be there; its own name without", false);
    m_rm = add(Rm, "rm", "Remove a file or a folder of a session", "Which", true);
    m_mkdir = add(Mkdir, "mkdir", "Make a folder in a session", "Which; the folders above it are made, too", true);
    m_files->footer("Paths are below /sandbox or /tmp; relative ones count from /sandbox.\n\n"
                    "Examples:\n  isol8 session files work\n  isol8 session files work 'out/*.csv' --json");
    m_get->footer("It keeps its time and permission bits. Of a folder nothing hidden comes along.\n\nExamples:\n  "
                  "isol8 session get work out/table.csv\n  "
                  "isol8 session get work log.txt -o - | tail");
    m_put->footer("What was there is replaced, once all of it has come; folders are made. It keeps its time and\n"
                  "permission bits.\n\n"
                  "Examples:\n  isol8 session put work data.csv\n  isol8 session put work project/ src/\n  date | "
                  "isol8 session put work - in/date.txt");
    m_rm->footer("Example:\n  isol8 session rm work out");
    m_mkdir->footer("Example:\n  isol8 session mkdir work data/in");
}

bool SessionFilesCommand::isChosen() const
{
    return m_files->parsed() || m_get->parsed() || m_put->parsed() || m_rm->parsed() || m_mkdir->parsed();
}

void SessionFilesCommand::run(Engine *engine)
{
    m_engine = engine;
    const Which which = m_files->parsed() ? Files
                        : m_get->parsed() ? Get
                        : m_put->parsed() ? Put
                        : m_rm->parsed()  ? Rm
                                          : Mkdir;
    m_session = text(m_name[which]);
    m_inside = text(m_path[which]);
    if (!engine)
        return fail({errors::UnknownSession.toString(), u"There is no session %1."_s.arg(m_session), {}});
    switch (which) {
    case Files:
        return list();
    case Get:
        return get();
    case Put:
        return put();
    case Rm:
        return remove();
    case Mkdir:
        return makeFolder();
    }
}

void SessionFilesCommand::fail(const Error &error)
{
    printError(error);
    Q_EMIT finished(exitCodeFor(error));
}

void SessionFilesCommand::end(const Result<void> &result)
{
    if (!result)
        return fail(result.error());
    Q_EMIT finished(Success);
}

void SessionFilesCommand::list()
{
    const QString path = m_inside.isEmpty() ? u"/sandbox"_s : m_inside;
    m_engine->listFiles(
        {}, m_session, path, given(m_recursive),
        {this, [this, path](const Result<QList<SessionFile>> &files) {
             if (!files)
                 return fail(files.error());
             if (given(m_json)) {
                 QJsonArray array;
                 for (const SessionFile &file : *files)
                     array.append(toJson(file));
                 printData(QString::fromUtf8(QJsonDocument(array).toJson()));
             } else if (files->isEmpty()) {
                 printNote(u"There are no files in %1."_s.arg(path));
             } else {
                 QList<QStringList> rows{{u"MODE"_s, u"SIZE"_s, u"MODIFIED"_s, u"PATH"_s}};
                 for (const SessionFile &file : *files)
                     rows.append({modeOf(file), QString::number(file.size), timeOf(file), nameOf(file)});
                 printData(table(rows));
             }
             Q_EMIT finished(Success);
         }});
}

void SessionFilesCommand::get()
{
    const QString file = given(m_output) ? text(m_output) : m_inside.section(u'/', -1, -1, QString::SectionSkipEmpty);
    if (file.isEmpty() || file == u"." || file == u"..")
        return fail({errors::BadRequest.toString(), u"Say what the file is to be here, with -o FILE."_s, {}});
    if (file != u"-" && QFileInfo(file).isDir())
        return fail(
            {errors::Exists.toString(), u"%1 is a folder that is there already; none is replaced."_s.arg(file), {}});
    if (file != u"-" && !given(m_force) && QFileInfo::exists(file))
        return fail({errors::Exists.toString(), u"%1 is there already; use --force to replace it."_s.arg(file), {}});
    auto *get = new LargeGet(m_engine->downloadFile({}, m_session, m_inside, this), file, given(m_force), this);
    connect(get, &LargeGet::finished, this, [this, get, file](const Error &error) {
        if (error.code == errors::NotFound)
            getFromOlder(file, error);
        else if (error.code == errors::FileError && file != u"-" && !get->wasOpened())
            getFolder(file, error);
        else
            endTransfer(error);
    });
}

// A service that does not know that path gives files whole.
void SessionFilesCommand::getFromOlder(const QString &file, const Error &error)
{
    m_engine->getFile({}, m_session, m_inside, {this, [this, file, error](const Result<QByteArray> &content) {
                                                    if (!content)
                                                        return fail(error);
                                                    LocalTarget target(file, given(m_force));
                                                    Error problem = target.open({});
                                                    if (problem.code.isEmpty())
                                                        problem = target.write(*content);
                                                    endTransfer(problem.code.isEmpty() ? target.finish() : problem);
                                                }});
}

void SessionFilesCommand::endTransfer(const Error &error)
{
    if (error.code == errors::Cancelled) {
        printError(error);
        return Q_EMIT finished(Interrupted);
    }
    end(error.code.isEmpty() ? Result<void>() : isol8::fail(error));
}

void SessionFilesCommand::put()
{
    const QString name = text(m_file);
    if (name == u"-") {
        if (m_inside.isEmpty() || m_inside.endsWith(u'/'))
            return fail({errors::BadRequest.toString(), u"What comes from stdin has no name; say its PATH."_s, {}});
        return putStream(name, nullptr);
    }
    if (m_inside.isEmpty() || m_inside.endsWith(u'/'))
        m_inside += QFileInfo(QFileInfo(name).isDir() ? QDir(name).canonicalPath() : name).fileName();
    if (QFileInfo(name).isDir())
        return putFolder(name);
    auto file = std::make_unique<QFile>(name);
    struct stat status = {};
    if (!file->open(QIODevice::ReadOnly) || ::fstat(file->handle(), &status) != 0)
        return fail({errors::FileError.toString(), u"Cannot read %1: %2."_s.arg(name, file->errorString()), {}});
    if (!S_ISREG(status.st_mode))
        return putStream(name, file.get());
    const qint64 mtimeMs = status.st_mtim.tv_sec * qint64(1000) + status.st_mtim.tv_nsec / 1000000;
    putRegular(std::move(file), {m_inside, status.st_mode & 0777, std::max<qint64>(mtimeMs, 0)});
}

void SessionFilesCommand::putRegular(std::unique_ptr<QFile> file, const UploadTarget &target)
{
    const QString name = file->fileName();
    auto *put = new LargePut(m_engine->uploadFile({}, m_session, target, this), std::move(file), this);
    connect(put, &LargePut::finished, this, [this, name, target](const Error &error) {
        if (error.code != errors::NotFound)
            return endTransfer(error);
        QFile again(name); // an older service knows no such path
        if (!again.open(QIODevice::ReadOnly) || again.size() > Engine::MaxPut)
            return fail(Engine::tooLargeToPut(m_inside));
        putWhole(again.readAll(), target.mode);
    });
}

// What has no size that could be known: stdin, or a pipe of another name.
void SessionFilesCommand::putStream(const QString &name, QFile *file)
{
    if (file) {
        const QByteArray content = file->read(Engine::MaxPut + 1);
        if (file->error() != QFileDevice::NoError)
            return fail({errors::FileError.toString(), u"Cannot read %1: %2."_s.arg(name, file->errorString()), {}});
        if (content.size() > Engine::MaxPut)
            return fail({errors::TooLarge.toString(),
                         u"%1 is no regular file, and larger than %2; hand it over on stdin, as -."_s.arg(
                             name, formatSize(Engine::MaxPut)),
                         {}});
        return putWhole(content, {});
    }
    const auto start = readStdinStart(Engine::MaxPut + 1);
    if (!start)
        return fail(start.error());
    if (start->size() <= Engine::MaxPut)
        return putWhole(*start, {});
    auto *put = new StdinPut(m_engine->uploadFile({}, m_session, {m_inside, {}}, this), *start, this);
    connect(put, &StdinPut::finished, this, [this](const Error &error) {
        endTransfer(error.code == errors::NotFound ? Engine::tooLargeToPut(m_inside) : error);
    });
}

void SessionFilesCommand::putWhole(const QByteArray &content, std::optional<uint> mode)
{
    m_engine->putFile({}, m_session, m_inside, content, mode, {this, [this](const Result<void> &done) { end(done); }});
}

void SessionFilesCommand::putFolder(const QString &name)
{
    auto *put = new FolderPut(m_engine->uploadDirectory({}, m_session, m_inside, this), name, this);
    connect(put, &FolderPut::finished, this, [this, put](const Error &error) {
        for (const QString &note : put->notes())
            printNote(note);
        endTransfer(error);
    });
}

// \a problem: what was said of it as a file, which is what there is to say where it is no folder either.
void SessionFilesCommand::getFolder(const QString &folder, const Error &problem)
{
    auto *get = new FolderGet(m_engine->downloadDirectory({}, m_session, m_inside, this), folder, this);
    connect(get, &FolderGet::finished, this, [this, get, problem](const Error &error) {
        for (const QString &note : get->notes())
            printNote(note);
        endTransfer(get->wasOpened() || error.code == errors::Cancelled ? error : problem);
    });
}

void SessionFilesCommand::makeFolder()
{
    m_engine->makeDirectory({}, m_session, m_inside, {}, {this, [this](const Result<void> &done) { end(done); }});
}

void SessionFilesCommand::remove()
{
    m_engine->removeFile({}, m_session, m_inside, {this, [this](const Result<void> &done) { end(done); }});
}

} // namespace isol8::cli
