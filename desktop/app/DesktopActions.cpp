// SPDX-License-Identifier: GPL-3.0-or-later
#include <desktop/app/ActionRegistry.h>
#include <desktop/app/CommandPalette.h>
#include <desktop/app/Desktop.h>
#include <desktop/app/MainWindow.h>
#include <desktop/history/HistoryStore.h>
#include <desktop/run/RunView.h>
#include <desktop/run/SideBySide.h>
#include <isol8/base/Paths.h>

#include <QApplication>
#include <QClipboard>
#include <QFileDialog>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>
#include <QMenu>
#include <QMessageBox>

using namespace Qt::StringLiterals;

namespace isol8::desktop {

namespace {
constexpr qsizetype MaxRecent = 10;
}

void Desktop::connectActions()
{
    const auto on = [&](const char *id, auto slot) {
        connect(m_actions->action(QString::fromLatin1(id)), &QAction::triggered, this, slot);
    };
    on("file.new", [this] { newProgram(); });
    on("file.open", [this] {
        auto *dialog = new QFileDialog(m_window.get(), tr("Open a program"));
        dialog->setAttribute(Qt::WA_DeleteOnClose);
        dialog->setNameFilters(
            {tr("Programs (*.isol8 *.py *.js *.mjs *.cjs *.ts *.tsx *.jsx *.mts *.sh)"), tr("All files (*)")});
        connect(dialog, &QFileDialog::fileSelected, this, &Desktop::open);
        dialog->open();
    });
    on("file.back", [this] { goBack(); });
    on("file.save", [this] { save(false); });
    on("file.saveAs", [this] { save(true); });
    on("app.quit", [this] { m_window->close(); });
    on("edit.find", [this] {
        m_window->showPage(u"view.run"_s);
        m_runView->find();
    });
    on("copy.cli", [this] { copyAs(u"cli"_s); });
    on("copy.curl", [this] { copyAs(u"curl"_s); });
    on("copy.cpp", [this] { copyAs(u"cpp"_s); });
    on("output.copy", [this] { m_runView->copyOutput(); });
    on("output.save", [this] { m_runView->saveOutput(); });
    on("output.clear", [this] { m_runView->clearOutput(); });
    on("run.run", [this] {
        m_window->showPage(u"view.run"_s);
        m_runView->run();
    });
    on("run.stop", [this] { m_controller->stop(); });
    on("run.all", [this] { runOnSeveral(); });
    on("run.files", [this] {
        auto *dialog = new QFileDialog(m_window.get(), tr("Give files to the program"));
        dialog->setAttribute(Qt::WA_DeleteOnClose);
        dialog->setFileMode(QFileDialog::ExistingFiles);
        connect(dialog, &QFileDialog::filesSelected, m_runView, &RunView::giveFiles);
        dialog->open();
    });
    on("view.options", [this](bool visible) { m_runView->setOptionsVisible(visible); });
    on("view.dark", [this](bool dark) { setDark(dark); });
    on("app.palette", [this] { (new CommandPalette(m_actions->all(), m_window.get()))->show(); });
    on("app.about", [this] {
        auto *box = new QMessageBox(QMessageBox::Information, tr("About isol8"),
                                    tr("isol8 %1 runs code that nobody trusts, each program in a sandbox of its own. "
                                       "Licence: GPL 3 or later.")
                                        .arg(QApplication::applicationVersion()),
                                    QMessageBox::Close, m_window.get());
        box->setAttribute(Qt::WA_DeleteOnClose);
        box->open();
    });
}

void Desktop::save(bool as)
{
    const auto program = m_runView->program();
    if (!program) {
        m_runView->say(program.error().message, true);
        return;
    }
    if (!as && !program->path.isEmpty()) {
        saveTo(program->path);
        return;
    }
    auto *dialog = new QFileDialog(m_window.get(), tr("Save the program"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->setNameFilters({tr("isol8 documents (*.isol8)"), tr("The program alone (*)")});
    dialog->setDefaultSuffix(u"isol8"_s);
    connect(dialog, &QFileDialog::filterSelected, dialog, [dialog](const QString &filter) {
        dialog->setDefaultSuffix(filter.contains("*.isol8"_L1) ? u"isol8"_s : QString());
    });
    connect(dialog, &QFileDialog::fileSelected, this, &Desktop::saveTo);
    dialog->open();
}

void Desktop::saveTo(const QString &path)
{
    auto program = m_runView->program();
    if (!program)
        return;
    program->path = path;
    if (const auto saved = saveProgram(path, *program); !saved) {
        m_runView->say(saved.error().message, true);
        return;
    }
    m_runView->setPath(path);
    showName(path, false);
    saveDraft();
    updateRecent(path);
}

void Desktop::updateRecent(const QString &path)
{
    QStringList recent = m_settings->value(u"recent"_s).toStringList();
    if (!path.isEmpty()) {
        const QString whole = QFileInfo(path).absoluteFilePath();
        recent.removeAll(whole);
        recent.prepend(whole);
        recent = recent.mid(0, MaxRecent);
        m_settings->setValue(u"recent"_s, recent);
    }
    QMenu *menu = m_window->recentMenu();
    menu->clear();
    for (const QString &file : std::as_const(recent))
        menu->addAction(file, this, [this, file] { open(file); });
    menu->setEnabled(!recent.isEmpty());
}

void Desktop::copyAs(const QString &form)
{
    const auto program = m_runView->program();
    if (!program) {
        m_runView->say(program.error().message, true);
        return;
    }
    const EngineConnection *connection = m_hub->connection(program->connection);
    const bool service = connection && connection->spec().kind == ConnectionSpec::Kind::Service;
    const QString url = service ? connection->spec().url.toString() : u"http://127.0.0.1:3000"_s;
    const QString text = form == "cli"_L1    ? asCommandLine(*program, service ? url : QString())
                            : form == "curl"_L1 ? asCurl(*program, url)
                                             : asCpp(*program);
    QApplication::clipboard()->setText(text);
    m_runView->say(program->request.files.isEmpty() || form == "curl"_L1
                       ? tr("Copied. Secrets stand there by name alone.")
                       : tr("Copied, without the files that are given to it. Secrets stand there by name alone."));
}

// "Always" and "never" go into the file that the command reads as well.
void Desktop::answerHost(const QString &host, NetworkBar::Answer answer)
{
    using Answer = NetworkBar::Answer;
    if (answer == Answer::Always || answer == Answer::Never) {
        QJsonObject object;
        if (const auto text = readFile(m_configPath, 4 * MiB); text && !text->trimmed().isEmpty()) {
            const QJsonDocument document = QJsonDocument::fromJson(*text);
            if (!document.isObject()) { // its owner's to mend, and nothing to write over
                m_runView->say(tr("%1 is no JSON object; mend or remove it first.").arg(m_configPath), true);
                return;
            }
            object = document.object();
        }
        QJsonObject network = object.value(u"network"_s).toObject();
        const QString key = answer == Answer::Always ? u"whitelist"_s : u"blacklist"_s;
        QJsonArray hosts = network.value(key).toArray();
        if (!hosts.contains(host))
            hosts.append(host);
        network.insert(key, hosts);
        object.insert(u"network"_s, network);
        const QByteArray text = QJsonDocument(object).toJson();
        const auto checked = parseConfig(text, m_configPath);
        const auto written = checked ? writeFileAtomically(m_configPath, text, 0600) : fail(checked.error());
        if (!written) {
            m_runView->say(written.error().message, true);
            return;
        }
        applyConfiguration();
    }
    if (answer == Answer::Never) {
        m_controller->denyForNow(host);
        return;
    }
    if (answer != Answer::Once)
        m_controller->allowForNow(host);
    auto program = m_runView->program();
    if (!program)
        return;
    // An empty whitelist allows every public host; then the host was refused for another reason.
    if (program->options.whitelist && !program->options.whitelist->contains(host))
        program->options.whitelist->append(host);
    if (answer == Answer::Always)
        m_runView->setProgram(*program);
    m_runView->runAgain(*program);
}

void Desktop::runOnSeveral()
{
    const auto program = m_runView->program();
    if (!program) {
        m_runView->say(program.error().message, true);
        return;
    }
    (new SideBySide(m_hub, *program, m_registry.names(), m_window.get()))->show();
}

} // namespace isol8::desktop
