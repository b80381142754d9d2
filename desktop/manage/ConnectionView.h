// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <desktop/core/EngineHub.h>

#include <QDialog>
#include <QWidget>

QT_BEGIN_NAMESPACE
class QLabel;
class QLineEdit;
class QListWidget;
class QPushButton;
QT_END_NAMESPACE

namespace isol8::desktop {

//! What a connection list shows and may do; the view knows no more of a connection than this.
struct ConnectionItem
{
    QString id;
    QString name;
    QString where;
    EngineConnection::State state = EngineConnection::State::Connecting;
    QString problem;
    bool isService = false;
};

class ConnectionController : public QObject
{
    Q_OBJECT

public:
    explicit ConnectionController(EngineHub *hub, QObject *parent = nullptr);

    [[nodiscard]] QList<ConnectionItem> items() const;
    //! A new one where \a id is empty. What is wrong is told by failed().
    void save(const QString &id, const QString &name, const QString &url, const QString &key);
    void remove(const QString &id);
    void check(const QString &id);

Q_SIGNALS:
    void changed();
    void failed(const QString &sentence);
    void saved(const QString &sentence);

private:
    void saveWithKey(const ConnectionSpec &spec, const QByteArray &key);

    EngineHub *m_hub;
};

class ConnectionView : public QWidget
{
    Q_OBJECT

public:
    explicit ConnectionView(ConnectionController *controller, QWidget *parent = nullptr);

private:
    void show();
    void edit(bool fresh);
    [[nodiscard]] std::optional<ConnectionItem> current() const;
    void updateButtons();

    ConnectionController *m_controller;
    QListWidget *m_list;
    QPushButton *m_add;
    QPushButton *m_change;
    QPushButton *m_check;
    QPushButton *m_remove;
    QLabel *m_status;
};

//! Asks for a service's address and key. Deletes itself when it is closed.
class ServiceDialog : public QDialog
{
    Q_OBJECT

public:
    ServiceDialog(const ConnectionItem &item, QWidget *parent);

Q_SIGNALS:
    void chosen(const QString &name, const QString &url, const QString &key);

private:
    // In the order in which Tab goes through them.
    QLineEdit *m_url;
    QLineEdit *m_key;
    QLineEdit *m_name;
};

} // namespace isol8::desktop
