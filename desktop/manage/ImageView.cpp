// SPDX-License-Identifier: GPL-3.0-or-later
#include <desktop/manage/ImageView.h>

#include <desktop/app/Icons.h>

#include <QComboBox>
#include <QDialogButtonBox>
#include <QFontDatabase>
#include <QFormLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QMessageBox>
#include <QPlainTextEdit>
#include <QProgressBar>
#include <QPushButton>
#include <QSplitter>
#include <QTableView>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace isol8::desktop {

ImageView::ImageView(ImageController *controller, QWidget *parent)
    : QWidget(parent)
    , m_controller(controller)
    , m_place(new QComboBox(this))
    , m_table(new QTableView(this))
    , m_setUp(new QPushButton(icon(u"image"_s), tr("Make what is missing"), this))
    , m_build(new QPushButton(icon(u"build"_s), tr("Build one of your own…"), this))
    , m_cancel(new QPushButton(icon(u"stop"_s), tr("Cancel"), this))
    , m_remove(new QPushButton(icon(u"remove"_s), tr("Remove…"), this))
    , m_progress(new QProgressBar(this))
    , m_status(new QLabel(this))
    , m_log(new QPlainTextEdit(this))
{
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(8, 8, 8, 8);
    auto *row = new QHBoxLayout;
    m_place->setObjectName(u"imagePlace"_s);
    m_place->setAccessibleName(tr("Whose images"));
    m_place->setToolTip(tr("Whose images"));
    m_place->setSizeAdjustPolicy(QComboBox::AdjustToContents);
    row->addWidget(m_place);
    for (QPushButton *button : {m_setUp, m_build, m_remove})
        row->addWidget(button);
    row->addStretch();
    row->addWidget(m_cancel);
    m_build->setObjectName(u"buildImage"_s);
    m_cancel->setObjectName(u"cancelBuild"_s);
    layout->addLayout(row);
    auto *split = new QSplitter(Qt::Vertical, this);
    m_table->setModel(controller->model());
    m_table->setObjectName(u"imageTable"_s);
    m_table->setAccessibleName(tr("Images"));
    m_table->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_table->setSelectionMode(QAbstractItemView::SingleSelection);
    m_table->setShowGrid(false);
    m_table->setAlternatingRowColors(true);
    m_table->setTabKeyNavigation(false);
    m_table->verticalHeader()->hide();
    m_table->verticalHeader()->setDefaultSectionSize(m_table->fontMetrics().height() + 8);
    m_table->horizontalHeader()->setSectionResizeMode(ImageModel::Packages, QHeaderView::Stretch);
    m_table->horizontalHeader()->setSectionResizeMode(ImageModel::Name, QHeaderView::ResizeToContents);
    m_table->setColumnWidth(ImageModel::Status, 170);
    m_table->setColumnWidth(ImageModel::Created, 140);
    split->addWidget(m_table);
    m_log->setReadOnly(true);
    m_log->setMaximumBlockCount(5000);
    m_log->setFont(QFontDatabase::systemFont(QFontDatabase::FixedFont));
    m_log->setAccessibleName(tr("Log"));
    m_log->setPlaceholderText(tr("What a build says appears here."));
    split->addWidget(m_log);
    split->setStretchFactor(0, 3);
    split->setStretchFactor(1, 2);
    split->setChildrenCollapsible(false);
    layout->addWidget(split, 1);
    m_status->setWordWrap(true);
    m_status->setTextFormat(Qt::PlainText);
    m_status->setObjectName(u"imageStatus"_s);
    m_status->setAccessibleName(tr("How it goes"));
    layout->addWidget(m_status);
    layout->addWidget(m_progress);
    m_progress->hide();
    m_progress->setAccessibleName(tr("Progress"));

    connect(m_place, &QComboBox::activated, this, [this] {
        m_status->clear();
        m_controller->setPlace(m_place->currentData().toString());
    });
    connect(controller, &ImageController::placesChanged, this, &ImageView::showPlaces);
    showPlaces();
    connect(m_setUp, &QPushButton::clicked, controller, [controller] { controller->setUp({}); });
    connect(m_build, &QPushButton::clicked, this, &ImageView::askRecipe);
    connect(m_cancel, &QPushButton::clicked, controller, &ImageController::cancel);
    connect(m_remove, &QPushButton::clicked, this, &ImageView::askRemove);
    connect(controller, &ImageController::busyChanged, this, [this](bool busy) {
        m_progress->setVisible(busy);
        m_progress->setRange(0, 0);
        if (busy) {
            m_log->clear();
            m_status->setText(tr("Starting…"));
        }
        updateButtons();
    });
    connect(controller, &ImageController::progressed, this, [this](const QString &sentence, int percent) {
        m_status->setText(sentence);
        m_progress->setRange(0, percent < 0 ? 0 : 100);
        m_progress->setValue(percent);
    });
    connect(controller, &ImageController::log, m_log, &QPlainTextEdit::appendPlainText);
    connect(controller, &ImageController::failed, m_status, &QLabel::setText);
    connect(controller, &ImageController::ended, this, &ImageView::ended);
    connect(m_table->selectionModel(), &QItemSelectionModel::selectionChanged, this, &ImageView::updateButtons);
    connect(controller->model(), &QAbstractItemModel::modelReset, this, &ImageView::updateButtons);
    updateButtons();
}

void ImageView::showEvent(QShowEvent *event)
{
    QWidget::showEvent(event);
    m_controller->refresh();
}

std::optional<ImageRow> ImageView::current() const
{
    const QModelIndex index = m_table->currentIndex();
    return index.isValid() ? std::optional(m_controller->model()->row(index.row())) : std::nullopt;
}

// One who has no service is not asked.
void ImageView::showPlaces()
{
    m_place->clear();
    for (const auto &[id, name] : m_controller->places())
        m_place->addItem(name, id);
    m_place->setCurrentIndex(std::max(0, m_place->findData(m_controller->place())));
    m_place->setVisible(m_place->count() > 1);
}

void ImageView::updateButtons()
{
    const bool busy = m_controller->isBusy();
    m_place->setEnabled(!busy);
    const auto row = current();
    m_setUp->setEnabled(!busy);
    m_build->setEnabled(!busy);
    m_cancel->setEnabled(busy);
    m_remove->setEnabled(!busy && row && row->status != ImageRow::Status::Missing);
}

void ImageView::askRecipe()
{
    auto *dialog = new BuildDialog(m_controller->runtimes(), window());
    connect(dialog, &BuildDialog::chosen, m_controller, &ImageController::build);
    dialog->open();
}

void ImageView::askRemove()
{
    const auto row = current();
    if (!row)
        return;
    auto *box = new QMessageBox(QMessageBox::Question, tr("Remove an image"), tr("Remove the image %1?").arg(row->name),
                                QMessageBox::NoButton, window());
    box->setAttribute(Qt::WA_DeleteOnClose);
    connect(box->addButton(tr("Remove"), QMessageBox::DestructiveRole), &QPushButton::clicked, m_controller,
            [this, chosen = *row] { m_controller->remove(chosen); });
    box->setDefaultButton(box->addButton(tr("Keep"), QMessageBox::RejectRole));
    box->open();
}

void ImageView::ended(const Error &error)
{
    if (error.code == errors::Cancelled)
        m_status->setText(tr("Cancelled; nothing of it is left."));
    else
        m_status->setText(error.code.isEmpty() ? tr("Done.") : error.message);
    if (!error.detail.isEmpty())
        m_log->appendPlainText(error.detail);
}

BuildDialog::BuildDialog(const QStringList &runtimes, QWidget *parent)
    : QDialog(parent)
    , m_runtime(new QComboBox(this))
    , m_tag(new QLineEdit(this))
    , m_packages(new QLineEdit(this))
    , m_systemPackages(new QLineEdit(this))
    , m_setup(new QPlainTextEdit(this))
{
    setAttribute(Qt::WA_DeleteOnClose);
    setWindowTitle(tr("Build an image"));
    auto *form = new QFormLayout(this);
    m_runtime->addItems(runtimes);
    m_runtime->setCurrentText(u"python"_s);
    form->addRow(tr("For"), m_runtime);
    form->addRow(tr("Name"), m_tag);
    form->addRow(tr("Packages"), m_packages);
    form->addRow(tr("Debian packages"), m_systemPackages);
    form->addRow(tr("Setup script"), m_setup);
    m_tag->setObjectName(u"buildTag"_s);
    m_packages->setObjectName(u"buildPackages"_s);
    m_packages->setPlaceholderText(u"numpy pandas"_s);
    m_systemPackages->setPlaceholderText(u"ffmpeg"_s);
    m_setup->setTabChangesFocus(true);
    m_setup->setPlaceholderText(tr("Run by bash before each program"));
    m_runtime->setAccessibleName(tr("For"));
    m_tag->setAccessibleName(tr("Name"));
    m_packages->setAccessibleName(tr("Packages"));
    m_systemPackages->setAccessibleName(tr("Debian packages"));
    m_setup->setAccessibleName(tr("Setup script"));
    auto *buttons = new QDialogButtonBox(this);
    buttons->addButton(tr("Build"), QDialogButtonBox::AcceptRole);
    buttons->addButton(tr("Cancel"), QDialogButtonBox::RejectRole);
    connect(buttons, &QDialogButtonBox::accepted, this, &BuildDialog::choose);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    form->addRow(buttons);
    resize(460, 320);
}

void BuildDialog::choose()
{
    Q_EMIT chosen({m_tag->text().trimmed(), m_runtime->currentText(),
                   m_packages->text().split(u' ', Qt::SkipEmptyParts),
                   m_systemPackages->text().split(u' ', Qt::SkipEmptyParts), m_setup->toPlainText()});
    accept();
}

} // namespace isol8::desktop
