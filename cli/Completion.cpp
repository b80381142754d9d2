// SPDX-License-Identifier: GPL-3.0-or-later
#include <cli/Completion.h>

#include <functional>

using namespace Qt::StringLiterals;

namespace isol8::cli {

namespace {

QString str(const std::string &text)
{
    return QString::fromStdString(text);
}

QStringList choicesOf(const QString &type)
{
    return type.contains(u'|') ? type.split(u'|', Qt::SkipEmptyParts) : QStringList();
}

CommandTree describeApp(const CLI::App &app, const QString &path, QList<CommandTree::Flag> inherited)
{
    CommandTree tree;
    tree.name = str(app.get_name());
    tree.path = path;
    tree.description = str(app.get_description());
    QList<CommandTree::Flag> own;
    for (const CLI::Option *option : app.get_options([](const CLI::Option *) { return true; })) {
        const QString type = str(option->get_type_name());
        if (!option->nonpositional()) {
            tree.choices += choicesOf(type);
            tree.takesFile = tree.takesFile || str(option->get_name(true)) == u"FILE";
            continue;
        }
        CommandTree::Flag flag;
        for (const std::string &name : option->get_snames())
            flag.names.append(u'-' + str(name));
        for (const std::string &name : option->get_lnames())
            flag.names.append(u"--"_s + str(name));
        flag.description = str(option->get_description());
        flag.takesValue = option->get_items_expected_max() > 0;
        flag.choices = choicesOf(type);
        flag.isFile = type == u"FILE";
        flag.isFolder = type == u"DIR";
        own.append(flag);
    }
    // The root's --help and --version are not flags of the commands below it.
    erase_if(inherited, [&](const CommandTree::Flag &flag) {
        return flag.names.contains(u"--help"_s) || flag.names.contains(u"--version"_s);
    });
    tree.flags = own + inherited;
    for (const CLI::App *sub : app.get_subcommands([](const CLI::App *) { return true; }))
        tree.commands.append(
            describeApp(*sub, path.isEmpty() ? str(sub->get_name()) : path + u' ' + str(sub->get_name()), tree.flags));
    return tree;
}

void forEach(const CommandTree &tree, const std::function<void(const CommandTree &)> &visit)
{
    visit(tree);
    for (const CommandTree &command : tree.commands)
        forEach(command, visit);
}

QStringList commandNames(const CommandTree &tree)
{
    QStringList names;
    for (const CommandTree &command : tree.commands)
        names.append(command.name);
    return names;
}

// For single quotes in any of the shells; in fish a backslash before a quote, too.
QString quoted(QString text, bool fish = false)
{
    if (fish)
        return u'\'' + text.replace(u'\\', u"\\\\"_s).replace(u'\'', u"\\'"_s) + u'\'';
    return u'\'' + text.replace(u'\'', u"'\\''"_s) + u'\'';
}

// "'config':'--config' | 'run':'-r'": patterns of a case over "$command:$prev".
QString patterns(const CommandTree &command, const CommandTree::Flag &flag)
{
    QStringList list;
    for (const QString &name : flag.names)
        list.append(quoted(command.path + u':' + name));
    return list.join(u" | "_s);
}

// The part that bash and zsh share: which command the words so far have named.
QString findCommand(const CommandTree &root, const QString &loop, const QString &word)
{
    QString script = loop;
    script += u"        case \"$command:"_s + word + u"\" in\n"_s;
    forEach(root, [&](const CommandTree &tree) {
        for (const CommandTree &command : tree.commands)
            script +=
                u"        %1) command=%2 ;;\n"_s.arg(quoted(tree.path + u':' + command.name), quoted(command.path));
    });
    return script + u"        esac\n    done\n"_s;
}

} // namespace

CommandTree describe(const CLI::App &root)
{
    return describeApp(root, {}, {});
}

QString bashCompletion(const CommandTree &root)
{
    QString script = u"# bash completion for isol8; made by 'isol8 completion bash'\n"
                     "_isol8_paths() {\n"
                     "    compopt -o filenames 2>/dev/null\n"
                     "    COMPREPLY=()\n"
                     "    local line\n"
                     "    while IFS= read -r line; do COMPREPLY+=(\"$line\"); done < <(compgen \"$1\" -- \"$2\")\n"
                     "}\n"
                     "_isol8() {\n"
                     "    local cur=\"${COMP_WORDS[COMP_CWORD]}\" prev=\"${COMP_WORDS[COMP_CWORD-1]}\" command='' i\n"
                     "    COMPREPLY=()\n"_s;
    script += findCommand(root,
                          u"    for ((i = 1; i < COMP_CWORD; i++)); do\n"
                          "        [[ ${COMP_WORDS[i]} == -- ]] && { _isol8_paths -f \"$cur\"; return; }\n"_s,
                          u"${COMP_WORDS[i]}"_s);
    script += u"    case \"$command:$prev\" in\n"_s;
    forEach(root, [&](const CommandTree &command) {
        for (const CommandTree::Flag &flag : command.flags) {
            if (!flag.takesValue)
                continue;
            const QString values =
                !flag.choices.isEmpty()
                    ? u"COMPREPLY=($(compgen -W %1 -- \"$cur\"))"_s.arg(quoted(flag.choices.join(u' ')))
                : flag.isFile   ? u"_isol8_paths -f \"$cur\""_s
                : flag.isFolder ? u"_isol8_paths -d \"$cur\""_s
                                : u":"_s;
            script += u"    %1) %2; return ;;\n"_s.arg(patterns(command, flag), values);
        }
    });
    script += u"    esac\n    local flags='' words='' files=''\n    case \"$command\" in\n"_s;
    forEach(root, [&](const CommandTree &command) {
        QStringList flags;
        for (const CommandTree::Flag &flag : command.flags)
            flags += flag.names;
        script += u"    %1) flags=%2 words=%3 files=%4 ;;\n"_s.arg(
            quoted(command.path), quoted(flags.join(u' ')),
            quoted((commandNames(command) + command.choices).join(u' ')), command.takesFile ? u"yes"_s : u"''"_s);
    });
    script += u"    esac\n"
              "    if [[ $cur == -* ]]; then\n"
              "        COMPREPLY=($(compgen -W \"$flags\" -- \"$cur\"))\n"
              "    elif [[ -n $files ]]; then\n"
              "        _isol8_paths -f \"$cur\"\n"
              "    else\n"
              "        COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
              "    fi\n"
              "}\n"
              "complete -F _isol8 isol8\n"_s;
    return script;
}

QString zshCompletion(const CommandTree &root)
{
    // _describe takes "name:text".
    const auto described = [](QString name, const QString &text) {
        return quoted(name.replace(u':', u"\\:"_s) + u':' + text);
    };
    QString script = u"#compdef isol8\n"
                     "# zsh completion for isol8; made by 'isol8 completion zsh'\n"
                     "_isol8() {\n"
                     "    local cur=\"${words[CURRENT]}\" prev=\"${words[CURRENT-1]}\" command='' i\n"
                     "    local -a entries\n"_s;
    script += findCommand(root,
                          u"    for ((i = 2; i < CURRENT; i++)); do\n"
                          "        [[ ${words[i]} == -- ]] && { _files; return; }\n"_s,
                          u"${words[i]}"_s);
    script += u"    case \"$command:$prev\" in\n"_s;
    forEach(root, [&](const CommandTree &command) {
        for (const CommandTree::Flag &flag : command.flags) {
            if (!flag.takesValue)
                continue;
            QStringList choices;
            for (const QString &choice : flag.choices)
                choices.append(quoted(choice));
            const QString values = !choices.isEmpty() ? u"compadd -- "_s + choices.join(u' ')
                                   : flag.isFile      ? u"_files"_s
                                   : flag.isFolder    ? u"_files -/"_s
                                                      : u"_message "_s + quoted(flag.description);
            script += u"    %1) %2; return ;;\n"_s.arg(patterns(command, flag), values);
        }
    });
    script += u"    esac\n    case \"$command\" in\n"_s;
    forEach(root, [&](const CommandTree &command) {
        QStringList flags, words;
        for (const CommandTree::Flag &flag : command.flags) {
            for (const QString &name : flag.names)
                flags.append(described(name, flag.description));
        }
        for (const CommandTree &sub : command.commands)
            words.append(described(sub.name, sub.description));
        for (const QString &choice : command.choices)
            words.append(quoted(choice));
        script +=
            u"    %1)\n        if [[ $cur == -* ]]; then\n            entries=(%2)\n            _describe -o flag entries\n"_s
                .arg(quoted(command.path), flags.join(u' '));
        if (command.takesFile)
            script += u"        else\n            _files\n        fi ;;\n"_s;
        else
            script +=
                u"        else\n            entries=(%1)\n            _describe word entries\n        fi ;;\n"_s.arg(
                    words.join(u' '));
    });
    script += u"    esac\n}\n"
              "if [[ $funcstack[1] == _isol8 ]]; then _isol8 \"$@\"; else compdef _isol8 isol8; fi\n"_s;
    return script;
}

QString fishCompletion(const CommandTree &root)
{
    QString script = u"# fish completion for isol8; made by 'isol8 completion fish'\ncomplete -c isol8 -f\n"_s;
    forEach(root, [&](const CommandTree &command) {
        QStringList conditions;
        const QStringList path = command.path.split(u' ', Qt::SkipEmptyParts);
        for (const QString &word : path)
            conditions.append(u"__fish_seen_subcommand_from "_s + word);
        if (conditions.isEmpty())
            conditions.append(u"__fish_use_subcommand"_s);
        else if (!command.commands.isEmpty())
            conditions.append(u"not __fish_seen_subcommand_from "_s + commandNames(command).join(u' '));
        const QString start = u"complete -c isol8 -n "_s + quoted(conditions.join(u"; and "_s), true);
        for (const CommandTree &sub : command.commands)
            script += u"%1 -a %2 -d %3\n"_s.arg(start, quoted(sub.name, true), quoted(sub.description, true));
        for (const QString &choice : command.choices)
            script += u"%1 -a %2\n"_s.arg(start, quoted(choice, true));
        if (command.takesFile)
            script += start + u" -F\n"_s;
        for (const CommandTree::Flag &flag : command.flags) {
            script += start;
            for (const QString &name : flag.names)
                script += name.startsWith(u"--") ? u" -l "_s + name.sliced(2) : u" -s "_s + name.sliced(1);
            if (flag.takesValue)
                script += flag.isFile || flag.isFolder ? u" -r -F"_s : u" -x"_s;
            if (!flag.choices.isEmpty())
                script += u" -a "_s + quoted(flag.choices.join(u' '), true);
            script += u" -d "_s + quoted(flag.description, true) + u'\n';
        }
    });
    return script;
}

} // namespace isol8::cli
