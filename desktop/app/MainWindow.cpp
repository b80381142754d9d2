// SPDX-License-Identifier: GPL-3.0-or-later
#include <desktop/app/MainWindow.h>

#include <desktop/app/ActionRegistry.h>
#include <desktop/app/Icons.h>

#include <QCloseEvent>
#include <QDragEnterEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QListWidget>
#include <QMenu>
#include <QMenuBar>
#include <QMimeData>
#include <QPushButton>
#include <QStackedWidget>
#include <QVBoxLayout>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace isol8::desktop {

MainWindow::MainWindow(ActionRegistry *actions, QWidget *parent)
    : QMainWindow(parent)
    , m_actions(actions)
    , m_sidebar(new QListWidget(this))
    , m_stack(new QStackedWidget(this))
    , m_problemRow(new QWidget(this))
    , m_mark(new QLabel(this))
    , m_problem(new QLabel(this))
    , m_mend(new QPushButton(this))
    , m_recent(nullptr)
{
    setWindowTitle(u"isol8"_s);
    setWindowIcon(QIcon(u":/icons/isol8.svg"_s));
    setAcceptDrops(true);
    setMinimumSize(760, 480);
    auto *center = new QWidget(this);
    auto *layout = new QHBoxLayout(center);
    layout->setContentsMargins({});
    layout->setSpacing(0);
    m_sidebar->setObjectName(u"sidebar"_s);
    m_sidebar->setAccessibleName(tr("Pages"));
    m_sidebar->setFrameShape(QFrame::NoFrame);
    m_sidebar->setIconSize({20, 20});
    m_sidebar->setSpacing(2);
    m_sidebar->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_sidebar->viewport()->setAutoFillBackground(false);
    layout->addWidget(m_sidebar);
    auto *right = new QVBoxLayout;
    right->setSpacing(0);
    layout->addLayout(right, 1);
    auto *problemLayout = new QHBoxLayout(m_problemRow);
    problemLayout->setContentsMargins(10, 6, 10, 6);
    m_problemRow->setAutoFillBackground(true);
    m_problemRow->setBackgroundRole(QPalette::AlternateBase);
    m_mark->setPixmap(icon(u"advice"_s).pixmap(18, 18));
    m_mark->setAccessibleName(tr("Something is wrong"));
    problemLayout->addWidget(m_mark);
    m_problem->setWordWrap(true);
    m_problem->setObjectName(u"problem"_s);
    m_problem->setTextFormat(Qt::PlainText);
    m_problem->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    m_problem->setAccessibleName(tr("What is wrong"));
    problemLayout->addWidget(m_problem, 1);
    connect(m_mend, &QPushButton::clicked, this, [this] { showPage(m_mendPage); });
    m_mend->setObjectName(u"mend"_s);
    m_mend->setText(withoutMnemonic(m_actions->action(u"view.checkup"_s)->text()));
    problemLayout->addWidget(m_mend);
    m_problemRow->hide();
    right->addWidget(m_problemRow);
    right->addWidget(m_stack, 1);
    setCentralWidget(center);
    connect(m_sidebar, &QListWidget::currentRowChanged, this, [this](int row) {
        if (row >= 0)
            showPage(m_sidebar->item(row)->data(Qt::UserRole).toString());
    });
    makeMenus();
}

void MainWindow::makeMenus()
{
    const QList<std::pair<QString, QString>> menus{{u"file"_s, tr("&File")},
                                                   {u"edit"_s, tr("&Edit")},
                                                   {u"run"_s, tr("&Run")},
                                                   {u"view"_s, tr("&View")},
                                                   {u"help"_s, tr("&Help")}};
    for (const auto &[id, name] : menus) {
        QMenu *menu = menuBar()->addMenu(name);
        for (QAction *action : m_actions->ofMenu(id)) {
            if (action->objectName() == "app.quit"_L1)
                menu->addSeparator();
            menu->addAction(action);
            if (action->objectName() == "file.open"_L1)
                m_recent = menu->addMenu(tr("Open &recent"));
        }
    }
    // Shortcuts hold wherever the focus is, menus or not.
    addActions(m_actions->all());
}

void MainWindow::addPage(const QString &id, QWidget *page)
{
    QAction *action = m_actions->action(id);
    auto *item = new QListWidgetItem(action->icon(), withoutMnemonic(action->text()), m_sidebar);
    item->setData(Qt::UserRole, id);
    item->setSizeHint({0, 36});
    m_stack->addWidget(page);
    m_pages.insert(id, page);
    connect(action, &QAction::triggered, this, [this, id] { showPage(id); });
    int width = 0;
    for (int i = 0; i < m_sidebar->count(); ++i)
        width = std::max(width, m_sidebar->fontMetrics().horizontalAdvance(m_sidebar->item(i)->text()));
    m_sidebar->setFixedWidth(width + 62);
}

void MainWindow::showPage(const QString &id)
{
    QWidget *page = m_pages.value(id);
    if (!page)
        return;
    m_stack->setCurrentWidget(page);
    for (int i = 0; i < m_sidebar->count(); ++i) {
        const QString other = m_sidebar->item(i)->data(Qt::UserRole).toString();
        m_actions->action(other)->setChecked(other == id);
        if (other == id && m_sidebar->currentRow() != i)
            m_sidebar->setCurrentRow(i);
    }
    Q_EMIT pageShown(id);
}

QString MainWindow::currentPage() const
{
    return m_pages.key(m_stack->currentWidget());
}

void MainWindow::setProblem(const QString &sentence, const QString &page)
{
    m_problem->setText(sentence);
    m_mendPage = page;
    const QAction *action = m_actions->action(page);
    m_mend->setVisible(action);
    if (action)
        m_mend->setText(withoutMnemonic(action->text()));
    m_problemRow->setVisible(!sentence.isEmpty());
}

QString MainWindow::problem() const
{
    return m_problem->text();
}

void MainWindow::dragEnterEvent(QDragEnterEvent *event)
{
    if (event->mimeData()->hasUrls())
        event->acceptProposedAction();
}

void MainWindow::dropEvent(QDropEvent *event)
{
    QStringList paths;
    for (const QUrl &url : event->mimeData()->urls()) {
        if (url.isLocalFile())
            paths.append(url.toLocalFile());
    }
    if (!paths.isEmpty())
        Q_EMIT filesDropped(paths);
    event->acceptProposedAction();
}

void MainWindow::changeEvent(QEvent *event)
{
    QMainWindow::changeEvent(event);
    if (event->type() == QEvent::PaletteChange)
        m_mark->setPixmap(icon(u"advice"_s).pixmap(18, 18)); // a picture keeps the colours it was painted in
}

void MainWindow::closeEvent(QCloseEvent *event)
{
    event->accept();
    Q_EMIT closing(event);
}

} // namespace isol8::desktop
