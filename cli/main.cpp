// SPDX-License-Identifier: GPL-3.0-or-later
#include <cli/BuildCommand.h>
#include <cli/CleanupCommand.h>
#include <cli/CommandLine.h>
#include <cli/CompletionCommand.h>
#include <cli/ConfigCommand.h>
#include <cli/DoctorCommand.h>
#include <cli/ListCustomCommand.h>
#include <cli/LoginCommand.h>
#include <cli/LogoutCommand.h>
#include <cli/LogsCommand.h>
#include <cli/McpCommand.h>
#include <cli/PresetsCommand.h>
#include <cli/PsCommand.h>
#include <cli/ReplayCommand.h>
#include <cli/RunCommand.h>
#include <cli/ServeCommand.h>
#include <cli/SessionCommand.h>
#include <cli/SetupCommand.h>
#include <cli/Terminal.h>

#include <QCoreApplication>
#include <QTimer>

#include <csignal>
#include <optional>

using namespace isol8::cli;

// Every command there is, in the order of `isol8 --help`.
static std::vector<std::unique_ptr<Command>> commands()
{
    std::vector<std::unique_ptr<Command>> list;
    list.push_back(std::make_unique<RunCommand>());
    list.push_back(std::make_unique<RunCommand>(RunCommand::Kind::Shell));
    list.push_back(std::make_unique<ReplayCommand>());
    list.push_back(std::make_unique<SessionCommand>());
    list.push_back(std::make_unique<SetupCommand>());
    list.push_back(std::make_unique<BuildCommand>());
    list.push_back(std::make_unique<ListCustomCommand>());
    list.push_back(std::make_unique<ServeCommand>());
    list.push_back(std::make_unique<LoginCommand>());
    list.push_back(std::make_unique<LogoutCommand>());
    list.push_back(std::make_unique<McpCommand>());
    list.push_back(std::make_unique<PresetsCommand>());
    list.push_back(std::make_unique<DoctorCommand>());
    list.push_back(std::make_unique<PsCommand>());
    list.push_back(std::make_unique<LogsCommand>());
    list.push_back(std::make_unique<CleanupCommand>());
    list.push_back(std::make_unique<ConfigCommand>());
    list.push_back(std::make_unique<CompletionCommand>());
    return list;
}

int main(int argc, char **argv)
{
    openClosedDescriptors();
    std::signal(SIGPIPE, SIG_IGN); // a reader that leaves is a failed write, seen where it happens
    std::optional<CommandLine> line(std::in_place, commands());
    const auto parsed = line->parse({argv + 1, argv + argc});
    if (const int *exitCode = std::get_if<int>(&parsed))
        return *exitCode;
    const auto &[command, context] = std::get<CommandLine::Chosen>(parsed);

    useUtf8Locale();
    argc = 1; // the arguments are read; none of them is Qt's
    const QCoreApplication application(argc, argv);
    QCoreApplication::setApplicationName(QStringLiteral("isol8"));
    setUpLogging(context.debug);
    QObject::connect(command, &Command::finished, &application, &QCoreApplication::exit, Qt::QueuedConnection);
    QTimer::singleShot(0, command, [&, chosen = command] { chosen->run(context); });
    const int exitCode = QCoreApplication::exec();
    line.reset(); // with its sockets: what Qt closes without an application complains
    return exitCode;
}
