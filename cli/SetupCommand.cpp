// SPDX-License-Identifier: GPL-3.0-or-later
#include <cli/SetupCommand.h>

#include <cli/ExitCodes.h>
#include <cli/Signals.h>
#include <cli/Terminal.h>
#include <isol8/base/Units.h>

#include <QJsonDocument>
#include <QJsonObject>

#include <csignal>

#include <unistd.h>

using namespace Qt::StringLiterals;

namespace isol8::cli {

namespace {

QString levelName(CheckItem::Level level)
{
    switch (level) {
    case CheckItem::Level::Ok:
        return u"ok"_s;
    case CheckItem::Level::Advice:
        return u"advice"_s;
    case CheckItem::Level::Problem:
        return u"problem"_s;
    }
    return {};
}

QString megabytes(qint64 size)
{
    return u"%1 MB"_s.arg((size + 500000) / 1000000);
}

} // namespace

CLI::App *SetupCommand::setUp(CLI::App &root)
{
    CLI::App *app = root.add_subcommand("setup", "Make the images that sandboxes start from");
    m_runtimes = value(app, "-r,--runtime", imageRuntimes().join(u'|').toStdString(),
                       "Only this runtime's image; may be given again", Times::Many);
    m_force = flag(app, "--force", "Make them again, even those that are up to date");
    m_json = flag(app, "--json", "Print the check-up and the images as JSON");
    app->footer("Looks at Docker first, and says what to do about what is wrong there. Images are made from Debian's "
                "slim image "
                "where a container registry answers, else from Debian packages on this machine (mmdebstrap); node, "
                "bun, deno and the agent come from npm packages. A second setup has nothing to do.\n\n"
                "Examples:\n"
                "  isol8 setup\n"
                "  isol8 setup --runtime python --runtime bash\n"
                "  isol8 setup --force");
    return app;
}

void SetupCommand::run(const CommandContext &context)
{
    m_debug = context.debug;
    const auto endpoint = docker::Endpoint::discover(QProcessEnvironment::systemEnvironment());
    if (!endpoint)
        return end(endpoint.error());
    m_client = std::make_unique<docker::Client>(*endpoint);
    ImageSetup::Options options;
    options.runtimes = texts(m_runtimes);
    options.force = given(m_force);
    m_setup = std::make_unique<ImageSetup>(m_client.get(), options);
    connect(m_setup.get(), &ImageSetup::checked, this, &SetupCommand::showChecks);
    connect(m_setup.get(), &ImageSetup::progress, this, &SetupCommand::showProgress);
    connect(m_setup.get(), &ImageSetup::imageReady, this, &SetupCommand::showReady);
    connect(m_setup.get(), &ImageSetup::finished, this, &SetupCommand::end);
    connect(m_setup.get(), &ImageSetup::log, this, [this](const QString &line) {
        if (m_debug)
            say(line);
    });
    m_signals = std::make_unique<Signals>();
    connect(m_signals.get(), &Signals::received, this, [this](int number) {
        if (number != SIGWINCH)
            m_setup->cancel();
    });
    m_setup->start();
}

void SetupCommand::showChecks(const QList<CheckItem> &items)
{
    for (const CheckItem &item : items) {
        m_checks.append(QJsonObject{{u"id"_s, item.id},
                                    {u"level"_s, levelName(item.level)},
                                    {u"found"_s, item.found},
                                    {u"advice"_s, item.advice}});
        if (item.level != CheckItem::Level::Ok)
            say(u"isol8: "_s + item.found + u' ' + item.advice);
        else if (m_debug)
            say(item.found);
    }
}

// On a terminal one line that changes; elsewhere a line for each new sentence.
void SetupCommand::showProgress(const QString &image, const QString &sentence, int percent)
{
    if (m_image != image) {
        m_image = image;
        m_sentence.clear();
        m_since.start();
    }
    if (usesColours(STDERR_FILENO)) {
        const QString done = percent < 0 ? u"     "_s : u"%1 %"_s.arg(percent, 3);
        writeAll(STDERR_FILENO, u"\r\x1b[K%1 %2  %3"_s.arg(image.leftJustified(7), done, sentence).toUtf8());
        m_line = true;
    } else if (m_sentence != sentence) {
        say(image + u": "_s + sentence);
    }
    m_sentence = sentence;
}

void SetupCommand::showReady(const ImageState &state, bool built)
{
    m_images.append(QJsonObject{{u"name"_s, state.recipe.name},
                                {u"image"_s, state.recipe.tag},
                                {u"status"_s, built ? u"built"_s : u"current"_s},
                                {u"id"_s, state.id},
                                {u"size"_s, state.size}});
    m_built += built ? 1 : 0;
    const QString took =
        built && m_since.isValid() ? u", "_s + formatDuration(milliseconds(m_since.elapsed())) : QString();
    say(u"%1: %2 is %3 (%4%5)"_s.arg(state.recipe.name, state.recipe.tag, built ? u"made"_s : u"up to date"_s,
                                     megabytes(state.size), took));
}

void SetupCommand::end(const Error &error)
{
    const bool fine = error.code.isEmpty();
    if (given(m_json)) {
        QJsonObject result{{u"docker"_s, m_checks}, {u"images"_s, m_images}};
        if (!fine)
            result.insert(u"error"_s, QJsonObject{{u"code"_s, error.code}, {u"message"_s, error.message}});
        if (!printData(QString::fromUtf8(QJsonDocument(result).toJson())))
            return Q_EMIT finished(Failure);
    }
    if (!fine) {
        say({}); // ends a line of progress
        printError(error);
        return Q_EMIT finished(error.code == errors::Cancelled ? int(Interrupted) : int(exitCodeFor(error)));
    }
    if (m_built == 0)
        say(u"Nothing to do."_s);
    Q_EMIT finished(Success);
}

void SetupCommand::say(const QString &line)
{
    if (std::exchange(m_line, false))
        writeAll(STDERR_FILENO, "\r\x1b[K");
    if (!line.isEmpty())
        printNote(line);
}

} // namespace isol8::cli
