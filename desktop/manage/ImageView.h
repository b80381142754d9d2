// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <desktop/manage/ImageController.h>

#include <QDialog>
#include <QWidget>

QT_BEGIN_NAMESPACE
class QComboBox;
class QLabel;
class QLineEdit;
class QPlainTextEdit;
class QProgressBar;
class QPushButton;
class QTableView;
QT_END_NAMESPACE

namespace isol8::desktop {

//! Images: made, built, removed; what goes on meanwhile, with its log.
class ImageView : public QWidget
{
    Q_OBJECT

public:
    explicit ImageView(ImageController *controller, QWidget *parent = nullptr);

protected:
    void showEvent(QShowEvent *event) override;

private:
    [[nodiscard]] std::optional<ImageRow> current() const;
    void showPlaces();
    void updateButtons();
    void askRecipe();
    void askRemove();
    void ended(const Error &error);

    ImageController *m_controller;
    QComboBox *m_place;
    QTableView *m_table;
    QPushButton *m_setUp;
    QPushButton *m_build;
    QPushButton *m_cancel;
    QPushButton *m_remove;
    QProgressBar *m_progress;
    QLabel *m_status;
    QPlainTextEdit *m_log;
};

//! Asks what a custom image is to be made of. Deletes itself when it is closed.
class BuildDialog : public QDialog
{
    Q_OBJECT

public:
    BuildDialog(const QStringList &runtimes, QWidget *parent);

Q_SIGNALS:
    void chosen(const isol8::CustomRecipe &recipe);

private:
    void choose();

    QComboBox *m_runtime;
    QLineEdit *m_tag;
    QLineEdit *m_packages;
    QLineEdit *m_systemPackages;
    QPlainTextEdit *m_setup;
};

} // namespace isol8::desktop
