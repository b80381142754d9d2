// SPDX-License-Identifier: GPL-3.0-or-later
#include <desktop/run/SideBySide.h>

#include <desktop/core/Texts.h>
#include <desktop/output/OutputView.h>
#include <desktop/run/RunController.h>

#include <QCheckBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QVBoxLayout>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace isol8::desktop {

SideBySide::SideBySide(EngineHub *hub, Program program, const QStringList &runtimes, QWidget *parent)
    : QDialog(parent)
    , m_hub(hub)
    , m_program(std::move(program))
    , m_images(new QLineEdit(m_program.options.image, this))
    , m_start(new QPushButton(tr("Run on these"), this))
{
    setAttribute(Qt::WA_DeleteOnClose);
    setWindowTitle(tr("Run on several"));
    resize(900, 480);
    auto *layout = new QVBoxLayout(this);
    auto *row = new QHBoxLayout;
    for (const QString &runtime : runtimes) {
        if (runtime == "agent"_L1)
            continue;
        auto *box = new QCheckBox(runtime, this);
        const bool script = m_program.request.runtime == "node"_L1 || m_program.request.runtime == "bun"_L1 ||
                            m_program.request.runtime == "deno"_L1;
        const bool same = runtime == "node"_L1 || runtime == "bun"_L1 || runtime == "deno"_L1;
        box->setChecked(runtime == m_program.request.runtime || (script && same));
        m_choices.append(box);
        row->addWidget(box);
    }
    row->addStretch();
    layout->addLayout(row);
    auto *second = new QHBoxLayout;
    auto *label = new QLabel(tr("Images of your own"), this);
    label->setBuddy(m_images);
    m_images->setAccessibleName(label->text());
    m_images->setToolTip(tr("Their names, with spaces between; each for the program's own language"));
    m_images->setPlaceholderText(u"my-image another-image"_s);
    second->addWidget(label);
    second->addWidget(m_images, 1);
    second->addWidget(m_start);
    layout->addLayout(second);
    if (!m_choices.isEmpty())
        setTabOrder(m_choices.constLast(), m_images);
    setTabOrder(m_images, m_start);
    m_columns = new QWidget(this);
    layout->addWidget(m_columns, 1);
    connect(m_start, &QPushButton::clicked, this, &SideBySide::start);
    m_start->setDefault(true);
    // What a session or a terminal keeps belongs to one run alone.
    m_program.options.sessionId.clear();
    m_program.options.mode = RunMode::Ephemeral;
    m_program.options.pty = false;
    m_program.request.interactiveStdin = false;
    m_program.request.fileName.clear();
}

bool SideBySide::isRunning() const
{
    return std::any_of(m_controllers.begin(), m_controllers.end(),
                       [](const RunController *controller) { return controller->isRunning(); });
}

void SideBySide::start()
{
    if (isRunning())
        return;
    delete m_columns;
    m_controllers.clear();
    m_columns = new QWidget(this);
    auto *columns = new QHBoxLayout(m_columns);
    columns->setContentsMargins({});
    layout()->addWidget(m_columns);
    for (const QCheckBox *box : std::as_const(m_choices)) {
        if (box->isChecked())
            addColumn(box->text());
    }
    for (const QString &image : m_images->text().split(u' ', Qt::SkipEmptyParts))
        addColumn(m_program.request.runtime, image);
}

void SideBySide::addColumn(const QString &runtime, const QString &image)
{
    const QString name = image.isEmpty() ? runtime : image;
    auto *holder = new QWidget(m_columns);
    auto *column = new QVBoxLayout(holder);
    column->setContentsMargins({});
    auto *title = new QLabel(tr("%1: starting…").arg(name), holder);
    title->setWordWrap(true);
    title->setTextFormat(Qt::PlainText);
    auto *output = new OutputView(holder);
    output->setAccessibleName(tr("Output of %1").arg(name));
    column->addWidget(title);
    column->addWidget(output, 1);
    static_cast<QHBoxLayout *>(m_columns->layout())->addWidget(holder, 1);

    auto *controller = new RunController(m_hub, m_columns);
    m_controllers.append(controller);
    connect(controller, &RunController::output, output, &OutputView::append);
    connect(controller, &RunController::ended, this, [title, output, name](const RunResult &result) {
        title->setText(name + u": "_s + texts::summary(result));
        if (!result.error.isEmpty())
            output->note(result.error);
    });
    Program program = m_program;
    program.request.runtime = runtime;
    program.options.image = image; // one for another language would be no use
    controller->start(program);
}

} // namespace isol8::desktop
