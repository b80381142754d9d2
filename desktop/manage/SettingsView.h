// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <desktop/manage/SettingsDocument.h>

#include <QHash>
#include <QWidget>

QT_BEGIN_NAMESPACE
class QComboBox;
class QLabel;
class QLineEdit;
class QPushButton;
class QVBoxLayout;
QT_END_NAMESPACE

namespace isol8::desktop {

//! Every key of the configuration with its meaning and default. What is typed is checked at once.
class SettingsView : public QWidget
{
    Q_OBJECT

public:
    SettingsView(SettingsDocument *document, const QByteArray &schema, QWidget *parent = nullptr);

protected:
    void showEvent(QShowEvent *event) override;

private:
    void addKey(QVBoxLayout *layout, const SettingKey &key);
    QWidget *makeEditor(const SettingKey &key);
    void show();
    void check();
    void filter(const QString &text);

    SettingsDocument *m_document;
    QList<SettingKey> m_keys;
    QHash<QString, QWidget *> m_rows;
    QHash<QString, QLineEdit *> m_lines;
    QHash<QString, QComboBox *> m_choices;
    QLineEdit *m_filter;
    QLabel *m_status;
    QPushButton *m_save;
    QPushButton *m_undo;
    bool m_showing = false;
};

} // namespace isol8::desktop
