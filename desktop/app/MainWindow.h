// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QHash>
#include <QMainWindow>

QT_BEGIN_NAMESPACE
class QLabel;
class QListWidget;
class QMenu;
class QPushButton;
class QStackedWidget;
QT_END_NAMESPACE

namespace isol8::desktop {

class ActionRegistry;

//! The frame: a sidebar of pages, the menus, and a line that says what is wrong.
class MainWindow : public QMainWindow
{
    Q_OBJECT

public:
    explicit MainWindow(ActionRegistry *actions, QWidget *parent = nullptr);

    //! A page that the action \a id shows.
    void addPage(const QString &id, QWidget *page);
    void showPage(const QString &id);
    [[nodiscard]] QString currentPage() const;
    [[nodiscard]] QWidget *page(const QString &id) const { return m_pages.value(id); }
    //! Empty: nothing is wrong. \a page: where it is mended, an action's id; empty: nowhere in this app.
    void setProblem(const QString &sentence, const QString &page = {});
    [[nodiscard]] QString problem() const;
    [[nodiscard]] QMenu *recentMenu() const { return m_recent; }

Q_SIGNALS:
    void pageShown(const QString &id);
    void filesDropped(const QStringList &paths);
    //! The window wants to close; who wants it open says no by ignoring.
    void closing(QCloseEvent *event);

protected:
    void dragEnterEvent(QDragEnterEvent *event) override;
    void dropEvent(QDropEvent *event) override;
    void closeEvent(QCloseEvent *event) override;
    void changeEvent(QEvent *event) override;

private:
    void makeMenus();

    ActionRegistry *m_actions;
    QListWidget *m_sidebar;
    QStackedWidget *m_stack;
    QWidget *m_problemRow;
    QLabel *m_mark;
    QLabel *m_problem;
    QPushButton *m_mend;
    QString m_mendPage;
    QMenu *m_recent;
    QHash<QString, QWidget *> m_pages;
};

} // namespace isol8::desktop
