// SPDX-License-Identifier: GPL-3.0-or-later
#include <desktop/app/Appearance.h>
#include <desktop/app/Desktop.h>
#include <desktop/run/Rehearsal.h>

#include <QApplication>
#include <QCommandLineParser>

#include <csignal>

using namespace Qt::StringLiterals;

int main(int argc, char **argv)
{
    if (argc > 1 && qstrcmp(argv[1], isol8::desktop::Rehearsal::Argument) == 0)
        return isol8::desktop::rehearse(argc, argv);
    std::signal(SIGPIPE, SIG_IGN);
    QApplication application(argc, argv);
    QApplication::setApplicationName(u"isol8-desktop"_s);
    QApplication::setOrganizationName(u"isol8"_s);
    QApplication::setApplicationDisplayName(u"isol8"_s);
    QApplication::setApplicationVersion(u"" ISOL8_VERSION ""_s);
    QApplication::setDesktopFileName(u"org.isol8.desktop"_s);
    QApplication::setQuitOnLastWindowClosed(false);

    QCommandLineParser parser;
    parser.setApplicationDescription(u"Runs code that nobody trusts, in sandboxes."_s);
    parser.addHelpOption();
    parser.addVersionOption();
    const QCommandLineOption language(u"language"_s, u"Use this language: en, de, zh_CN."_s, u"locale"_s);
    const QCommandLineOption config(u"config"_s, u"The configuration file of isol8."_s, u"file"_s);
    parser.addOptions({language, config});
    parser.addPositionalArgument(u"files"_s, u".isol8 documents or scripts to open."_s, u"[files...]"_s);
    parser.process(application);

    isol8::desktop::installTranslations(parser.value(language));
    isol8::desktop::DesktopOptions options;
    options.configPath = parser.value(config);
    isol8::desktop::Desktop desktop(options);
    desktop.show();
    for (const QString &file : parser.positionalArguments())
        desktop.open(file);
    return QApplication::exec();
}
