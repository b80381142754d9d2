// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <desktop/core/EngineHub.h>
#include <desktop/manage/ServiceImageBuild.h>
#include <isol8/builder/ImageBuild.h>
#include <isol8/image/ImageSetup.h>

#include <QAbstractTableModel>
#include <QObject>
#include <QPointer>

namespace isol8::desktop {

struct ImageRow
{
    enum class Status { Missing, Stale, Current, Custom };
    QString name; //!< "python", "data:latest"
    QString runtime;
    Status status = Status::Missing;
    QStringList packages;
    qint64 size = 0;
    qint64 createdAt = 0; //!< seconds since 1970
    QString tag;          //!< what Docker knows it by
    friend bool operator==(const ImageRow &, const ImageRow &) = default;
};

class ImageModel : public QAbstractTableModel
{
    Q_OBJECT

public:
    enum Column { Name, Status, Packages, Size, Created, ColumnCount };
    using QAbstractTableModel::QAbstractTableModel;

    void setRows(const QList<ImageRow> &rows);
    [[nodiscard]] const ImageRow &row(int index) const { return m_rows.at(index); }
    [[nodiscard]] int rowCount(const QModelIndex &parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex &parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex &index, int role) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    QList<ImageRow> m_rows;
};

/*!
    The images of this machine's daemon, or of a service whose operator the user is: what there is, and one setup or
    build at a time. ended() comes once for each of those.
*/
class ImageController : public QObject
{
    Q_OBJECT

public:
    ImageController(EngineHub *hub, RuntimeRegistry registry, QObject *parent = nullptr);
    ~ImageController() override;

    [[nodiscard]] ImageModel *model() { return &m_model; }
    [[nodiscard]] bool isBusy() const { return m_setup || m_build || m_serviceBuild; }
    //! Whose images can be seen to, as ids and names.
    [[nodiscard]] QList<std::pair<QString, QString>> places() const;
    [[nodiscard]] QString place() const { return m_place; }
    //! Not while it is busy.
    void setPlace(const QString &connection);
    [[nodiscard]] QStringList runtimes() const { return m_registry.names(); }

    void refresh();
    //! \a runtimes: empty: all that are missing or stale.
    void setUp(const QStringList &runtimes);
    void build(const CustomRecipe &recipe);
    void cancel();
    void remove(const ImageRow &row);

Q_SIGNALS:
    void progressed(const QString &sentence, int percent);
    void log(const QString &line);
    void busyChanged(bool busy);
    //! An empty code: it is there.
    void ended(const isol8::Error &error);
    void failed(const QString &sentence);
    void placesChanged();

private:
    [[nodiscard]] remote::ServiceClient *service() const;
    void showImages(const QList<docker::ImageSummary> &images);
    void showImages(const QJsonArray &images);
    void follow(ServiceImageBuild *build);
    [[nodiscard]] docker::Client *client();
    void finish(const Error &error);

    EngineHub *m_hub;
    RuntimeRegistry m_registry;
    QString m_place = LocalId.toString();
    ImageModel m_model;
    QPointer<ImageSetup> m_setup;
    QPointer<ImageBuild> m_build;
    QPointer<ServiceImageBuild> m_serviceBuild;
};

} // namespace isol8::desktop
