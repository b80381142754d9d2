// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <desktop/core/EngineHub.h>
#include <isol8/image/CheckUp.h>

#include <QList>
#include <QObject>
#include <QWidget>

QT_BEGIN_NAMESPACE
class QLabel;
class QListWidget;
class QPushButton;
QT_END_NAMESPACE

namespace isol8::desktop {

//! Looks whether sandboxes can stand here: the configuration, Docker, what it can limit, the images.
class CheckUp : public QObject
{
    Q_OBJECT

public:
    CheckUp(EngineHub *hub, QString configPath, QObject *parent = nullptr);

    void start();
    [[nodiscard]] bool isRunning() const { return m_running; }

Q_SIGNALS:
    void begun();
    void found(const isol8::CheckItem &item);
    //! \a usable: an image is there, and nothing is in the way of a run. \a imageMissing: python's is.
    void ended(bool usable, bool imageMissing);

private:
    void add(const CheckItem &item);
    void checkDaemon(docker::Client *daemon);
    void checkImages(docker::Client *daemon);
    void end(bool usable, bool imageMissing);

    EngineHub *m_hub;
    QString m_configPath;
    bool m_running = false;
    bool m_problem = false;
};

//! The check-up for people. It ends in a first run.
class CheckUpView : public QWidget
{
    Q_OBJECT

public:
    explicit CheckUpView(CheckUp *checkUp, QWidget *parent = nullptr);

Q_SIGNALS:
    void firstRunRequested();
    void imagesRequested();

protected:
    void showEvent(QShowEvent *event) override;

private:
    void add(const CheckItem &item);

    CheckUp *m_checkUp;
    QListWidget *m_list;
    QLabel *m_title;
    QPushButton *m_again;
    QPushButton *m_images;
    QPushButton *m_run;
};

} // namespace isol8::desktop
