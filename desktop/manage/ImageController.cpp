// SPDX-License-Identifier: GPL-3.0-or-later
#include <desktop/manage/ImageController.h>

#include <desktop/core/Texts.h>

#include <QDateTime>

using namespace Qt::StringLiterals;

namespace isol8::desktop {

void ImageModel::setRows(const QList<ImageRow> &rows)
{
    if (rows == m_rows)
        return;
    beginResetModel();
    m_rows = rows;
    endResetModel();
}

int ImageModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : int(m_rows.size());
}

int ImageModel::columnCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : ColumnCount;
}

QVariant ImageModel::data(const QModelIndex &index, int role) const
{
    const ImageRow &row = m_rows.at(index.row());
    if (role == Qt::TextAlignmentRole && index.column() == Size)
        return int(Qt::AlignRight | Qt::AlignVCenter);
    if (role != Qt::DisplayRole && role != Qt::ToolTipRole)
        return {};
    switch (index.column()) {
    case Name:
        return row.name;
    case Status:
        switch (row.status) {
        case ImageRow::Status::Missing:
            return tr("Missing");
        case ImageRow::Status::Stale:
            return tr("Out of date");
        case ImageRow::Status::Current:
            return tr("Up to date");
        case ImageRow::Status::Custom:
            return tr("Of your own, for %1").arg(row.runtime);
        }
        return {};
    case Packages:
        return row.packages.join(u' ');
    case Size:
        return row.size > 0 ? texts::bytes(row.size) : u"–"_s;
    case Created:
        return row.createdAt > 0 ? texts::when(QDateTime::fromSecsSinceEpoch(row.createdAt)) : u"–"_s;
    default:
        return {};
    }
}

QVariant ImageModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return {};
    switch (section) {
    case Name:
        return tr("Image");
    case Status:
        return tr("State");
    case Packages:
        return tr("Packages");
    case Size:
        return tr("Size");
    case Created:
        return tr("Made");
    default:
        return {};
    }
}

ImageController::ImageController(EngineHub *hub, RuntimeRegistry registry, QObject *parent)
    : QObject(parent)
    , m_hub(hub)
    , m_registry(std::move(registry))
{
}

// What is under way ends before the daemon's client, which belongs to the hub, does.
ImageController::~ImageController()
{
    delete m_setup;
    delete m_build;
}

docker::Client *ImageController::client()
{
    EngineConnection *local = m_hub->local();
    if (!local || !local->docker())
        Q_EMIT failed(local && local->state() == EngineConnection::State::Failed ? local->problem().message
                                                                                 : tr("Docker was not asked yet."));
    return local ? local->docker() : nullptr;
}

void ImageController::refresh()
{
    EngineConnection *local = m_hub->local();
    if (!local || !local->docker())
        return;
    local->docker()->listImages(
        {{labels::Image.toString(), u"1"_s}},
        {this, [this](const Result<QList<docker::ImageSummary>> &images) {
             if (!images) {
                 Q_EMIT failed(images.error().message);
                 return;
             }
             QList<ImageRow> rows;
             const auto recipes = imageRecipes(imageArchitecture(QSysInfo::currentCpuArchitecture()));
             for (const ImageState &state : imageStates(recipes, *images)) {
                 if (!imageRuntimes().contains(state.recipe.name))
                     continue;
                 ImageRow row;
                 row.name = row.runtime = state.recipe.name;
                 row.tag = state.recipe.tag;
                 row.status = state.status == ImageState::Status::Missing ? ImageRow::Status::Missing
                              : state.status == ImageState::Status::Stale ? ImageRow::Status::Stale
                                                                          : ImageRow::Status::Current;
                 row.size = state.size;
                 row.createdAt = state.createdAt;
                 rows.append(row);
             }
             for (const CustomImage &image : customImages(*images)) {
                 const QString tag = image.tags.value(0, image.id.left(19));
                 rows.append({tag, image.runtime, ImageRow::Status::Custom, image.packages + image.systemPackages,
                              image.size, image.createdAt, tag});
             }
             m_model.setRows(rows);
         }});
}

void ImageController::setUp(const QStringList &runtimes)
{
    docker::Client *daemon = isBusy() ? nullptr : client();
    if (!daemon)
        return;
    ImageSetup::Options options;
    options.runtimes = runtimes;
    m_setup = new ImageSetup(daemon, options, this);
    connect(m_setup, &ImageSetup::progress, this, [this](const QString &image, const QString &sentence, int percent) {
        Q_EMIT progressed(image + u": "_s + sentence, percent);
    });
    connect(m_setup, &ImageSetup::log, this, &ImageController::log);
    connect(m_setup, &ImageSetup::imageReady, this, &ImageController::refresh);
    connect(m_setup, &ImageSetup::finished, this, &ImageController::finish);
    Q_EMIT busyChanged(true);
    m_setup->start();
}

void ImageController::build(const CustomRecipe &recipe)
{
    docker::Client *daemon = isBusy() ? nullptr : client();
    if (!daemon)
        return;
    const auto runtime = m_registry.byName(recipe.runtime);
    if (!runtime) {
        Q_EMIT failed(runtime.error().message);
        return;
    }
    m_build = new ImageBuild(daemon, recipe, *runtime, false, this);
    connect(m_build, &ImageBuild::progress, this, &ImageController::progressed);
    connect(m_build, &ImageBuild::log, this, &ImageController::log);
    connect(m_build, &ImageBuild::finished, this, &ImageController::finish);
    Q_EMIT busyChanged(true);
    m_build->start();
}

void ImageController::cancel()
{
    if (m_setup)
        m_setup->cancel();
    if (m_build)
        m_build->cancel();
}

void ImageController::finish(const Error &error)
{
    if (m_setup)
        m_setup->deleteLater();
    if (m_build)
        m_build->deleteLater();
    m_setup = nullptr;
    m_build = nullptr;
    Q_EMIT busyChanged(false);
    Q_EMIT ended(error);
    refresh();
}

void ImageController::remove(const ImageRow &row)
{
    docker::Client *daemon = client();
    if (!daemon)
        return;
    daemon->removeImage(row.tag, false, {this, [this](const Result<void> &removed) {
                                             if (!removed)
                                                 Q_EMIT failed(removed.error().message);
                                             refresh();
                                         }});
}

} // namespace isol8::desktop
