// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QAction>
#include <QHash>
#include <QKeySequence>
#include <QObject>
#include <QStringList>

namespace isol8::desktop {

//! An action as it is declared, once.
struct ActionSpec
{
    QString id;   //!< "run.run"
    QString menu; //!< "run"; empty: in no menu
    QString text; //!< "&Run"
    QString icon;
    QList<QKeySequence> shortcuts = {};
    bool checkable = false;
};

/*!
    Every action of the app. Menus, buttons, shortcuts and the command palette all take them from here.
*/
class ActionRegistry : public QObject
{
    Q_OBJECT

public:
    explicit ActionRegistry(QObject *parent = nullptr);

    QAction *add(const ActionSpec &spec);
    //! Null: there is none.
    [[nodiscard]] QAction *action(const QString &id) const;
    //! In the order in which they were added.
    [[nodiscard]] QList<QAction *> all() const;
    [[nodiscard]] QList<QAction *> ofMenu(const QString &menu) const;

private:
    QList<QAction *> m_actions;
    QHash<QString, QAction *> m_byId;
    QHash<QString, QList<QAction *>> m_byMenu;
};

//! What a menu's or a button's text says, without its mnemonic: "Run" of "&Run", "运行" of "运行(&R)".
[[nodiscard]] QString withoutMnemonic(QString text);

//! What the app can do: fills \a registry.
void declareActions(ActionRegistry *registry);

} // namespace isol8::desktop
