// SPDX-License-Identifier: GPL-3.0-or-later
#include <cli/SessionFilesCommand.h>

#include <cli/ExitCodes.h>
#include <cli/LargeFile.h>
#include <cli/Table.h>
#include <cli/Terminal.h>

#include <QDateTime>
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

Result<SessionFilesCommand::LocalFile> SessionFilesCommand::readLocal(const QString &name)
{
    LocalFile local;
    if (name == u"-") {
        auto input = readStdinStart(Engine::MaxPut + 1);
        if (!input)
            return isol8::fail(input.error());
        local.content = std::move(*input);
        return local;
    }
    QFile file(name);
    if (QFileInfo(name).isDir())
        return isol8::fail(errors::BadRequest,
                           u"%1 is a folder; put its files one by one, or use run --files."_s.arg(name));
    if (!file.open(QIODevice::ReadOnly))
        return isol8::fail(errors::FileError, u"Cannot read %1: %2."_s.arg(name, file.errorString()));
    local.content = file.read(Engine::MaxPut + 1);
    if (file.error() != QFileDevice::NoError)
        return isol8::fail(errors::FileError, u"Cannot read %1: %2."_s.arg(name, file.errorString()));
    struct stat status = {};
    if (::fstat(file.handle(), &status) == 0 && S_ISREG(status.st_mode))
        local.mode = status.st_mode & 0777;
    return local;
}

void SessionFilesCommand::setUp(CLI::App *session)
{
    const auto add = [&](int i, const char *name, const char *what, const char *const path, bool needed) {
        CLI::App *app = session->add_subcommand(name, what);
        m_name[i] = app->add_option("NAME", "The session")->required();
        if (i == 2)
            m_file = app->add_option("FILE", "The file here; - is stdin")->required();
        m_path[i] = app->add_option("PATH", path)->required(needed);
        return app;
    };
    m_files = add(0, "files", "The files of a session", "A folder, a file or a pattern; /sandbox without", false);
    m_json = flag(m_files, "--json", "As JSON");
    m_recursive = flag(m_files, "--recursive", "Also what is below the folders");
    m_get = add(1, "get", "Bring a file of a session here", "The file in the session", true);
    m_output = value(m_get, "-o,--output", "FILE", "What it is to be here; - is stdout. Without: its own name");
    m_force = flag(m_get, "--force", "Replace a file that is there");
    m_put = add(2, "put", "Put a file into a session", "What it is to be there; its own name without", false);
    m_rm = add(3, "rm", "Remove a file or a folder of a session", "Which", true);
    m_files->footer("Paths are below /sandbox or /tmp; relative ones count from /sandbox.\n\n"
                    "Examples:\n  isol8 session files work\n  isol8 session files work 'out/*.csv' --json");
    m_get->footer("Examples:\n  isol8 session get work out/table.csv\n  isol8 session get work log.txt -o - | tail");
    m_put->footer("What was there is replaced; folders are made.\n\n"
                  "Examples:\n  isol8 session put work data.csv\n  date | isol8 session put work - in/date.txt");
    m_rm->footer("Example:\n  isol8 session rm work out");
}

bool SessionFilesCommand::isChosen() const
{
    return m_files->parsed() || m_get->parsed() || m_put->parsed() || m_rm->parsed();
}

void SessionFilesCommand::run(Engine *engine)
{
    m_engine = engine;
    const int which = m_files->parsed() ? 0 : m_get->parsed() ? 1 : m_put->parsed() ? 2 : 3;
    m_session = text(m_name[which]);
    m_inside = text(m_path[which]);
    if (!engine)
        return fail({errors::UnknownSession.toString(), u"There is no session %1."_s.arg(m_session), {}});
    switch (which) {
    case 0:
        return list();
    case 1:
        return get();
    case 2:
        return put();
    default:
        return remove();
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
    if (file != u"-" && !given(m_force) && QFileInfo::exists(file))
        return fail({errors::Exists.toString(), u"%1 is there already; use --force to replace it."_s.arg(file), {}});
    m_engine->getFile({}, m_session, m_inside, {this, [this, file](const Result<QByteArray> &content) {
                                                    if (content)
                                                        save(file, *content);
                                                    else if (content.error().code == errors::TooLarge)
                                                        getLarge(file);
                                                    else
                                                        fail(content.error());
                                                }});
}

// What an answer in JSON has no room for comes as its bytes.
void SessionFilesCommand::getLarge(const QString &file)
{
    auto *get = new LargeGet(m_engine->downloadFile({}, m_session, m_inside, this), file, given(m_force), this);
    connect(get, &LargeGet::finished, this, &SessionFilesCommand::endLarge);
}

void SessionFilesCommand::endLarge(const Error &error)
{
    end(error.code.isEmpty() ? Result<void>() : isol8::fail(error));
}

void SessionFilesCommand::save(const QString &file, const QByteArray &content)
{
    if (given(m_output) && file == u"-")
        return Q_EMIT finished(writeAll(STDOUT_FILENO, content) ? Success : Failure);
    QFile target(file);
    const auto mode =
        given(m_force) ? QIODevice::WriteOnly | QIODevice::Truncate : QIODevice::WriteOnly | QIODevice::NewOnly;
    if (!target.open(mode))
        return fail({errors::FileError.toString(), u"Cannot write %1: %2."_s.arg(file, target.errorString()), {}});
    if (target.write(content) != content.size() || !target.flush()) {
        const QString why = target.errorString();
        if (!given(m_force))
            target.remove();
        return fail({errors::FileError.toString(), u"Cannot write %1: %2."_s.arg(file, why), {}});
    }
    Q_EMIT finished(Success);
}

void SessionFilesCommand::put()
{
    const QString name = text(m_file);
    if (name == u"-" && (m_inside.isEmpty() || m_inside.endsWith(u'/')))
        return fail({errors::BadRequest.toString(), u"What comes from stdin has no name; say its PATH."_s, {}});
    const auto local = readLocal(name);
    if (!local)
        return fail(local.error());
    if (m_inside.isEmpty() || m_inside.endsWith(u'/'))
        m_inside += QFileInfo(name).fileName();
    if (local->content.size() > Engine::MaxPut)
        return putLarge(name, *local);
    m_engine->putFile({}, m_session, m_inside, local->content, local->mode,
                      {this, [this](const Result<void> &done) { end(done); }});
}

void SessionFilesCommand::putLarge(const QString &name, const LocalFile &local)
{
    const auto ended = [this](const Error &error) {
        // An older service knows no such path.
        endLarge(error.code == errors::NotFound ? Engine::tooLargeToPut(m_inside) : error);
    };
    if (name == u"-") {
        auto *put = new StdinPut(m_engine->uploadFile({}, m_session, {m_inside, {}}, this), local.content, this);
        connect(put, &StdinPut::finished, this, ended);
        return;
    }
    if (!QFileInfo(name).isFile()) // what was read of it is gone
        return fail({errors::TooLarge.toString(),
                     u"%1 is no regular file, and larger than %2; hand it over on stdin, as -."_s.arg(
                         name, formatSize(Engine::MaxPut)),
                     {}});
    auto file = std::make_unique<QFile>(name);
    if (!file->open(QIODevice::ReadOnly))
        return fail({errors::FileError.toString(), u"Cannot read %1: %2."_s.arg(name, file->errorString()), {}});
    auto *put = new LargePut(m_engine->uploadFile({}, m_session, {m_inside, local.mode}, this), std::move(file), this);
    connect(put, &LargePut::finished, this, ended);
}

void SessionFilesCommand::remove()
{
    m_engine->removeFile({}, m_session, m_inside, {this, [this](const Result<void> &done) { end(done); }});
}

} // namespace isol8::cli
