// SPDX-License-Identifier: GPL-3.0-or-later
#include <desktop/run/RunView.h>

#include <desktop/app/ActionRegistry.h>
#include <desktop/app/Icons.h>
#include <desktop/core/Texts.h>
#include <desktop/output/OutputView.h>
#include <desktop/output/TerminalColours.h>
#include <desktop/output/TerminalView.h>
#include <desktop/run/CodeEditor.h>
#include <desktop/run/FilesPane.h>
#include <desktop/run/FindBar.h>
#include <desktop/run/OptionsPanel.h>
#include <desktop/run/ResultsPane.h>
#include <desktop/run/UsageChart.h>
#include <isol8/base/Paths.h>

#include <QApplication>
#include <QComboBox>
#include <QEvent>
#include <QFileDialog>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QScrollArea>
#include <QSplitter>
#include <QTabWidget>
#include <QToolButton>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace isol8::desktop {

namespace {

constexpr qsizetype MaxSaid = 2000;

QToolButton *toolFor(QAction *action, Qt::ToolButtonStyle style, QWidget *parent)
{
    auto *button = new QToolButton(parent);
    button->setDefaultAction(action);
    button->setToolButtonStyle(style);
    button->setAutoRaise(true);
    button->setAccessibleName(withoutMnemonic(action->text()));
    button->setFocusPolicy(Qt::TabFocus);
    return button;
}

} // namespace

RunView::RunView(RunController *controller, ActionRegistry *actions, QWidget *parent)
    : QWidget(parent)
    , m_controller(controller)
    , m_editor(new CodeEditor(this))
    , m_options(new OptionsPanel(this))
    , m_optionsArea(new QScrollArea(this))
    , m_runtime(new QComboBox(this))
    , m_connection(new QComboBox(this))
    , m_findBar(new FindBar(this))
    , m_networkBar(new NetworkBar(this))
    , m_tabs(new QTabWidget(this))
    , m_output(new OutputView(this))
    , m_terminal(new TerminalView(this))
    , m_results(new ResultsPane(this))
    , m_files(new FilesPane(this))
    , m_usage(new UsageChart(this))
    , m_inputRow(new QWidget(this))
    , m_input(new QLineEdit(this))
    , m_status(new QLabel(this))
    , m_split(new QSplitter(Qt::Vertical, this))
    , m_sides(new QSplitter(Qt::Horizontal, this))
{
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins({});
    layout->setSpacing(0);
    layout->addWidget(makeToolRow(actions));
    layout->addWidget(m_sides, 1);

    auto *top = new QWidget(this);
    auto *topLayout = new QVBoxLayout(top);
    topLayout->setContentsMargins({});
    topLayout->setSpacing(0);
    topLayout->addWidget(m_editor, 1);
    topLayout->addWidget(m_findBar);
    topLayout->addWidget(m_networkBar);
    m_split->addWidget(top);
    m_split->addWidget(makeBottom());
    m_split->setStretchFactor(0, 3);
    m_split->setStretchFactor(1, 2);
    m_split->setChildrenCollapsible(false);
    m_optionsArea->setWidget(m_options);
    m_optionsArea->setWidgetResizable(true);
    m_optionsArea->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_optionsArea->setMinimumWidth(230);
    m_optionsArea->setAccessibleName(tr("Options of the run"));
    m_sides->addWidget(m_split);
    m_sides->addWidget(m_optionsArea);
    m_sides->setStretchFactor(0, 1);
    m_sides->setSizes({700, 250});
    m_sides->setChildrenCollapsible(false);

    connect(m_editor, &CodeEditor::edited, this, &RunView::edited);
    connect(m_editor, &CodeEditor::left, this,
            [this](bool next) { (next ? m_tabs->currentWidget() : m_runtime)->setFocus(Qt::TabFocusReason); });
    connect(m_options, &OptionsPanel::edited, this, &RunView::edited);
    connect(m_options, &OptionsPanel::failed, this, [this](const QString &sentence) { say(sentence, true); });
    connect(m_runtime, &QComboBox::activated, this, &RunView::runtimeChosen);
    connect(m_connection, &QComboBox::activated, this, &RunView::edited);
    connect(m_connection, &QComboBox::currentIndexChanged, this, &RunView::connectionChosen);
    connect(m_findBar, &FindBar::find, this, &RunView::search);
    connect(m_findBar, &FindBar::closed, this, [this] {
        m_findBar->hide();
        m_editor->setFocus();
    });
    connect(m_networkBar, &NetworkBar::answered, this, &RunView::hostAnswered);
    connect(m_files, &FilesPane::dropped, m_options, &OptionsPanel::addFiles);
    connect(m_files, &FilesPane::failed, this, [this](const QString &sentence) { say(sentence, true); });
    m_files->fetch = [this](const QString &path, const Callback<QByteArray> &done) { m_controller->fetch(path, done); };
    m_tick.setInterval(100);
    connect(&m_tick, &QTimer::timeout, this, &RunView::updateElapsed);
    connectController();
}

QWidget *RunView::makeToolRow(ActionRegistry *actions)
{
    auto *row = new QWidget(this);
    auto *layout = new QHBoxLayout(row);
    layout->setContentsMargins(8, 6, 8, 6);
    const auto combo = [&](QComboBox *box, const QString &name, const QString &label) {
        auto *text = new QLabel(label, row);
        text->setBuddy(box);
        box->setAccessibleName(name);
        box->setToolTip(name);
        box->setSizeAdjustPolicy(QComboBox::AdjustToContents);
        layout->addWidget(text);
        layout->addWidget(box);
    };
    combo(m_runtime, tr("Runtime"), tr("&Language"));
    combo(m_connection, tr("Where it runs"), tr("&On"));
    m_runtime->setObjectName(u"runtime"_s);
    m_connection->setObjectName(u"connection"_s);
    layout->addStretch();
    layout->addWidget(toolFor(actions->action(u"view.options"_s), Qt::ToolButtonIconOnly, row));
    layout->addWidget(toolFor(actions->action(u"run.all"_s), Qt::ToolButtonIconOnly, row));
    layout->addWidget(toolFor(actions->action(u"run.stop"_s), Qt::ToolButtonTextBesideIcon, row));
    auto *runButton = toolFor(actions->action(u"run.run"_s), Qt::ToolButtonTextBesideIcon, row);
    runButton->setAutoRaise(false);
    layout->addWidget(runButton);
    return row;
}

QWidget *RunView::makeBottom()
{
    auto *bottom = new QWidget(this);
    auto *layout = new QVBoxLayout(bottom);
    layout->setContentsMargins({});
    layout->setSpacing(0);
    m_tabs->setDocumentMode(true);
    m_tabs->addTab(m_output, tr("Output"));
    m_tabs->addTab(m_terminal, tr("Terminal"));
    m_tabs->addTab(m_results, tr("Results"));
    m_tabs->addTab(m_files, tr("Files"));
    m_tabs->addTab(m_usage, tr("CPU and memory"));
    m_tabs->setObjectName(u"runTabs"_s);
    m_tabs->tabBar()->setAccessibleName(tr("What the run brings"));
    for (QAbstractScrollArea *area : std::initializer_list<QAbstractScrollArea *>{m_output, m_terminal, m_results})
        area->setFrameShape(QFrame::NoFrame);
    layout->addWidget(m_tabs, 1);

    auto *inputLayout = new QHBoxLayout(m_inputRow);
    inputLayout->setContentsMargins(6, 4, 6, 4);
    m_input->setPlaceholderText(tr("Type a line for the program"));
    m_input->setAccessibleName(tr("Input for the program"));
    inputLayout->addWidget(m_input, 1);
    auto *end = new QPushButton(tr("End of input"), m_inputRow);
    connect(end, &QPushButton::clicked, this, [this] {
        m_controller->endInput();
        m_inputRow->hide();
    });
    inputLayout->addWidget(end);
    connect(m_input, &QLineEdit::returnPressed, this, &RunView::sendLine);
    m_inputRow->hide();
    layout->addWidget(m_inputRow);

    m_status->setContentsMargins(8, 4, 8, 4);
    m_status->setObjectName(u"status"_s);
    m_status->setTextFormat(Qt::PlainText);
    m_status->setWordWrap(true);
    m_status->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    m_status->setAccessibleName(tr("How the run goes"));
    layout->addWidget(m_status);
    say(tr("Ready. Ctrl-Enter runs the program."));
    m_tabs->setTabVisible(m_tabs->indexOf(m_terminal), false);
    return bottom;
}

void RunView::setRuntimes(const QStringList &names)
{
    const QString before = m_runtime->currentText();
    m_runtime->clear();
    m_runtime->addItems(names);
    m_runtime->setCurrentIndex(std::max(0, m_runtime->findText(before.isEmpty() ? u"python"_s : before)));
    m_editor->setLanguage(m_runtime->currentText());
}

void RunView::setConnections(const QList<std::pair<QString, QString>> &connections)
{
    const QString before = connectionId();
    {
        const QSignalBlocker blocker(m_connection);
        m_connection->clear();
        for (const auto &[id, name] : connections)
            m_connection->addItem(name, id);
        chooseConnection(before);
    }
    Q_EMIT connectionChosen();
}

// One that is not there, or not yet, stays chosen: a program that was for elsewhere does not run here unasked.
void RunView::chooseConnection(const QString &id)
{
    if (!id.isEmpty() && m_connection->findData(id) < 0)
        m_connection->addItem(tr("A connection that is not there"), id);
    m_connection->setCurrentIndex(std::max(0, m_connection->findData(id)));
}

QString RunView::connectionId() const
{
    return m_connection->currentData().toString();
}

void RunView::setProgram(const Program &program)
{
    m_program = program;
    m_editor->setText(program.code());
    m_runtime->setCurrentIndex(std::max(0, m_runtime->findText(program.request.runtime)));
    chooseConnection(program.connection);
    m_editor->setLanguage(m_runtime->currentText());
    m_options->show(program);
}

Program RunView::withoutFields() const
{
    Program program = m_program;
    program.request.runtime = m_runtime->currentText();
    program.request.code = m_editor->text().toUtf8();
    program.request.cmd.clear();
    program.request.codeUrl.clear();
    // Its name tells another runtime's extension once it is run by another.
    if (program.request.runtime != m_program.request.runtime)
        program.request.fileName.clear();
    program.connection = m_connection->currentData().toString();
    program.options.ptySize = m_terminal->terminalSize();
    return program;
}

Program RunView::draft() const
{
    return program().value_or(withoutFields());
}

Result<Program> RunView::program() const
{
    Program program = withoutFields();
    if (const auto applied = m_options->apply(&program); !applied)
        return fail(applied.error());
    return program;
}

void RunView::runtimeChosen()
{
    m_editor->setLanguage(m_runtime->currentText());
    Q_EMIT edited();
}

void RunView::run()
{
    const auto wanted = program();
    if (!wanted) {
        say(wanted.error().message, true);
        return;
    }
    m_controller->start(*wanted);
}

void RunView::runAgain(const Program &program)
{
    if (m_controller->isRunning()) {
        // The one that was refused is of no use any more.
        connect(
            m_controller, &RunController::ended, this, [this, program] { m_controller->start(program); },
            Qt::ConnectionType(Qt::QueuedConnection | Qt::SingleShotConnection));
        m_controller->stop();
        return;
    }
    m_controller->start(program);
}

void RunView::giveFiles(const QStringList &paths)
{
    m_options->addFiles(paths);
}

void RunView::find()
{
    const QWidget *focus = QApplication::focusWidget();
    const bool inOutput = focus && m_tabs->isAncestorOf(focus);
    m_searched = inOutput ? static_cast<QWidget *>(m_output) : m_editor;
    m_findBar->open(inOutput ? m_output->selectedText() : m_editor->selectedText());
}

void RunView::search(const QString &text, bool backwards)
{
    m_findBar->setFound(m_searched == m_output ? m_output->find(text, backwards) : m_editor->find(text, backwards));
}

void RunView::saveOutput()
{
    auto *dialog = new QFileDialog(this, tr("Save the output"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->selectFile(u"output.txt"_s);
    connect(dialog, &QFileDialog::fileSelected, this, [this](const QString &path) {
        const QString text = m_controller->program().options.pty ? m_terminal->text() : m_output->document().text();
        if (const auto written = writeFileAtomically(path, text.toUtf8(), 0644); !written)
            say(written.error().message, true);
    });
    dialog->open();
}

void RunView::copyOutput()
{
    m_output->copy();
}

void RunView::clearOutput()
{
    m_output->clear();
}

void RunView::say(const QString &sentence, bool isProblem)
{
    m_status->setText(sentence.left(MaxSaid));
    m_saidProblem = isProblem;
    QPalette colours = palette();
    if (isProblem)
        colours.setColor(QPalette::WindowText, errorColour(isDark(colours)));
    m_status->setPalette(colours);
}

void RunView::changeEvent(QEvent *event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange)
        say(m_status->text(), m_saidProblem);
}

void RunView::setOptionsVisible(bool visible)
{
    m_optionsArea->setVisible(visible);
}

bool RunView::optionsVisible() const
{
    return !m_optionsArea->isHidden();
}

QByteArray RunView::saveLayout() const
{
    return m_split->saveState() + '|' + m_sides->saveState();
}

void RunView::restoreLayout(const QByteArray &layout)
{
    // Each state tells its own size; what is not one is refused by the splitter.
    const QByteArray first = m_split->saveState();
    if (layout.size() > first.size()) {
        m_split->restoreState(layout.left(first.size()));
        m_sides->restoreState(layout.mid(first.size() + 1));
    }
}

} // namespace isol8::desktop
