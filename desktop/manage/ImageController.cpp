// SPDX-License-Identifier: GPL-3.0-or-later
#include <desktop/manage/ImageController.h>

#include <desktop/core/Texts.h>

#include <QDateTime>
#include <QJsonArray>

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
    if (role == Qt::ToolTipRole)
        return texts::plainToolTip(data(index, Qt::DisplayRole).toString());
    if (role != Qt::DisplayRole)
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
    connect(m_hub, &EngineHub::connectionsChanged, this, [this] {
        if (!m_hub->connection(m_place))
            setPlace(LocalId.toString());
        Q_EMIT placesChanged();
    });
}

// What is under way ends before the daemon's client, which belongs to the hub, does.
ImageController::~ImageController()
{
    delete m_setup;
    delete m_build;
    delete m_serviceBuild;
}

docker::Client *ImageController::client()
{
    EngineConnection *local = m_hub->local();
    if (!local || !local->docker())
        Q_EMIT failed(local && local->state() == EngineConnection::State::Failed ? local->problem().message
                                                                                 : tr("Docker was not asked yet."));
    return local ? local->docker() : nullptr;
}

remote::ServiceClient *ImageController::service() const
{
    const EngineConnection *connection = m_hub->connection(m_place);
    return connection ? connection->service() : nullptr;
}

QList<std::pair<QString, QString>> ImageController::places() const
{
    QList<std::pair<QString, QString>> list;
    for (const EngineConnection *connection : m_hub->connections()) {
        if (connection->spec().kind != ConnectionSpec::Kind::Background)
            list.append({connection->spec().id, connection->spec().name});
    }
    return list;
}

void ImageController::setPlace(const QString &connection)
{
    if (isBusy() || connection == m_place)
        return;
    m_place = connection;
    m_model.setRows({});
    refresh();
}

void ImageController::refresh()
{
    const auto isStill = [this, place = m_place] { return place == m_place; };
    if (remote::ServiceClient *asked = service()) {
        asked->ask({"GET", "/images"}, {this, [this, isStill](const Result<QJsonObject> &answer) {
                                            if (!isStill())
                                                return;
                                            if (answer)
                                                showImages(answer->value(u"images"_s).toArray());
                                            else
                                                Q_EMIT failed(answer.error().message);
                                        }});
        return;
    }
    EngineConnection *local = m_hub->local();
    if (m_place != LocalId || !local || !local->docker())
        return;
    local->docker()->listImages({{labels::Image.toString(), u"1"_s}},
                                {this, [this, isStill](const Result<QList<docker::ImageSummary>> &images) {
                                     if (!isStill())
                                         return;
                                     if (images)
                                         showImages(*images);
                                     else
                                         Q_EMIT failed(images.error().message);
                                 }});
}

void ImageController::showImages(const QList<docker::ImageSummary> &images)
{
    QList<ImageRow> rows;
    const auto recipes = imageRecipes(imageArchitecture(QSysInfo::currentCpuArchitecture()));
    for (const ImageState &state : imageStates(recipes, images)) {
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
    for (const CustomImage &image : customImages(images)) {
        const QString tag = image.tags.value(0, image.id.left(19));
        rows.append({tag, image.runtime, ImageRow::Status::Custom, image.packages + image.systemPackages, image.size,
                     image.createdAt, tag});
    }
    m_model.setRows(rows);
}

// As GET /images tells of them.
void ImageController::showImages(const QJsonArray &images)
{
    const auto strings = [](const QJsonValue &value) {
        QStringList list;
        for (const QJsonValue &item : value.toArray())
            list.append(item.toString());
        return list;
    };
    QList<ImageRow> rows;
    for (const QJsonValue &value : images) {
        const QJsonObject image = value.toObject();
        const QString status = image.value(u"status"_s).toString();
        const bool custom = image.value(u"kind"_s).toString() == "custom"_L1;
        ImageRow row;
        row.runtime = image.value(u"runtime"_s).toString();
        row.tag = image.value(u"tag"_s).toString();
        row.name = custom ? row.tag : row.runtime;
        row.status = custom                   ? ImageRow::Status::Custom
                     : status == "missing"_L1 ? ImageRow::Status::Missing
                     : status == "stale"_L1   ? ImageRow::Status::Stale
                                              : ImageRow::Status::Current;
        row.packages = strings(image.value(u"installPackages"_s)) + strings(image.value(u"aptPackages"_s));
        row.size = image.value(u"size"_s).toInteger();
        const auto made = QDateTime::fromString(image.value(u"createdAt"_s).toString(), Qt::ISODate);
        row.createdAt = made.isValid() ? made.toSecsSinceEpoch() : 0;
        // "base" is what the others stand on, and no language.
        if (custom || m_registry.byName(row.runtime))
            rows.append(row);
    }
    m_model.setRows(rows);
}

void ImageController::follow(ServiceImageBuild *build)
{
    m_serviceBuild = build;
    connect(build, &ServiceImageBuild::progress, this, &ImageController::progressed);
    connect(build, &ServiceImageBuild::log, this, &ImageController::log);
    connect(build, &ServiceImageBuild::imageReady, this, &ImageController::refresh);
    connect(build, &ServiceImageBuild::finished, this, &ImageController::finish);
    Q_EMIT busyChanged(true);
}

void ImageController::setUp(const QStringList &runtimes)
{
    if (remote::ServiceClient *asked = isBusy() ? nullptr : service()) {
        follow(new ServiceImageBuild(asked->peer(), {{u"runtimes"_s, QJsonArray::fromStringList(runtimes)}}, this));
        return;
    }
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
    if (remote::ServiceClient *asked = isBusy() ? nullptr : service()) {
        follow(new ServiceImageBuild(asked->peer(),
                                     {{u"tag"_s, recipe.tag},
                                      {u"runtime"_s, recipe.runtime},
                                      {u"installPackages"_s, QJsonArray::fromStringList(recipe.packages)},
                                      {u"aptPackages"_s, QJsonArray::fromStringList(recipe.systemPackages)},
                                      {u"setupScript"_s, recipe.setupScript}},
                                     this));
        return;
    }
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
    if (m_serviceBuild)
        m_serviceBuild->cancel();
}

void ImageController::finish(const Error &error)
{
    if (m_setup)
        m_setup->deleteLater();
    if (m_build)
        m_build->deleteLater();
    if (m_serviceBuild)
        m_serviceBuild->deleteLater();
    m_setup = nullptr;
    m_build = nullptr;
    m_serviceBuild = nullptr;
    Q_EMIT busyChanged(false);
    Q_EMIT ended(error);
    refresh();
}

void ImageController::remove(const ImageRow &row)
{
    if (remote::ServiceClient *asked = service()) {
        asked->ask({"DELETE", "/images/" + row.tag.toUtf8().toPercentEncoding("/:")},
                   {this, [this](const Result<QJsonObject> &answer) {
                        if (!answer)
                            Q_EMIT failed(answer.error().message);
                        refresh();
                    }});
        return;
    }
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
