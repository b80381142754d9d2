// SPDX-License-Identifier: GPL-3.0-or-later
#include <cli/CompletionCommand.h>

#include <cli/Completion.h>
#include <cli/ExitCodes.h>
#include <cli/Terminal.h>

using namespace Qt::StringLiterals;

namespace isol8::cli {

CLI::App *CompletionCommand::setUp(CLI::App &root)
{
    m_root = &root;
    CLI::App *app = root.add_subcommand("completion", "Print a script that completes isol8 in a shell");
    m_shell = value(app, "SHELL", "bash|zsh|fish", "The shell");
    app->footer("Examples:\n"
                "  source <(isol8 completion bash)                                  # bash, this session\n"
                "  isol8 completion bash > ~/.local/share/bash-completion/completions/isol8\n"
                "  isol8 completion zsh > \"${fpath[1]}/_isol8\"\n"
                "  isol8 completion fish > ~/.config/fish/completions/isol8.fish");
    return app;
}

void CompletionCommand::run(const CommandContext &context)
{
    Q_UNUSED(context)
    const QString shell = text(m_shell);
    const CommandTree tree = describe(*m_root);
    QString script;
    if (shell == u"bash")
        script = bashCompletion(tree);
    else if (shell == u"zsh")
        script = zshCompletion(tree);
    else if (shell == u"fish")
        script = fishCompletion(tree);
    if (script.isEmpty()) {
        printError(shell.isEmpty()
                       ? u"Say for which shell: isol8 completion bash, zsh or fish."_s
                       : u"There is no completion for \"%1\"; there is for bash, zsh and fish."_s.arg(shell.left(64)));
        printNote(u"See 'isol8 completion --help'."_s);
        Q_EMIT finished(WrongUsage);
        return;
    }
    Q_EMIT finished(printData(script) ? Success : Failure);
}

} // namespace isol8::cli
