// SPDX-License-Identifier: GPL-3.0-or-later
#include <desktop/manage/SettingsView.h>

#include <desktop/app/Icons.h>
#include <desktop/output/TerminalColours.h>

#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QScrollArea>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace isol8::desktop {

SettingsView::SettingsView(SettingsDocument *document, const QByteArray &schema, QWidget *parent)
    : QWidget(parent)
    , m_document(document)
    , m_keys(settingKeys(schema))
    , m_filter(new QLineEdit(this))
    , m_status(new QLabel(this))
    , m_save(new QPushButton(icon(u"save"_s), tr("Save"), this))
    , m_undo(new QPushButton(tr("Undo"), this))
{
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(8, 8, 8, 8);
    m_filter->setPlaceholderText(tr("Search the settings"));
    m_filter->setAccessibleName(tr("Search the settings"));
    m_filter->setClearButtonEnabled(true);
    layout->addWidget(m_filter);
    auto *area = new QScrollArea(this);
    area->setWidgetResizable(true);
    area->setAccessibleName(tr("Settings"));
    auto *content = new QWidget(area);
    auto *rows = new QVBoxLayout(content);
    rows->setSpacing(10);
    for (const SettingKey &key : std::as_const(m_keys))
        addKey(rows, key);
    rows->addStretch();
    area->setWidget(content);
    layout->addWidget(area, 1);
    auto *row = new QHBoxLayout;
    m_status->setWordWrap(true);
    m_status->setTextFormat(Qt::PlainText);
    m_status->setObjectName(u"settingsStatus"_s);
    m_status->setAccessibleName(tr("Whether the settings are good"));
    row->addWidget(m_status, 1);
    row->addWidget(m_undo);
    row->addWidget(m_save);
    m_save->setObjectName(u"saveSettings"_s);
    layout->addLayout(row);
    connect(m_filter, &QLineEdit::textChanged, this, &SettingsView::filter);
    connect(document, &SettingsDocument::changed, this, &SettingsView::check);
    connect(m_undo, &QPushButton::clicked, this, [this] {
        (void)m_document->load();
        show();
    });
    connect(m_save, &QPushButton::clicked, this, [this] {
        if (const auto saved = m_document->save(); !saved)
            m_status->setText(saved.error().message);
        else
            m_status->setText(tr("Saved to %1.").arg(m_document->path()));
    });
    show();
}

void SettingsView::addKey(QVBoxLayout *layout, const SettingKey &key)
{
    auto *row = new QWidget(this);
    auto *column = new QVBoxLayout(row);
    column->setContentsMargins({});
    column->setSpacing(2);
    auto *line = new QHBoxLayout;
    auto *name = new QLabel(key.path, row);
    QFont bold = name->font();
    bold.setBold(true);
    name->setFont(bold);
    name->setMinimumWidth(230);
    QWidget *editor = makeEditor(key);
    name->setBuddy(editor);
    line->addWidget(name);
    line->addWidget(editor, 1);
    column->addLayout(line);
    auto *meaning = new QLabel(settingMeaning(key.meaning), row);
    meaning->setWordWrap(true);
    meaning->setTextFormat(Qt::PlainText);
    column->addWidget(meaning);
    layout->addWidget(row);
    m_rows.insert(key.path, row);
}

QWidget *SettingsView::makeEditor(const SettingKey &key)
{
    const QString standard = settingText(key.defaultValue);
    const QString shown = standard.isEmpty() ? tr("none") : standard;
    if (key.kind == SettingKey::Kind::Choice || key.kind == SettingKey::Kind::Boolean) {
        auto *box = new QComboBox(this);
        box->addItem(tr("Default: %1").arg(shown), QString());
        for (const QString &choice :
             key.kind == SettingKey::Kind::Boolean ? QStringList{u"true"_s, u"false"_s} : key.choices)
            box->addItem(choice, choice);
        box->setAccessibleName(key.path);
        box->setAccessibleDescription(settingMeaning(key.meaning));
        connect(box, &QComboBox::activated, this,
                [this, key, box] { m_document->set(key.path, settingValue(key, box->currentData().toString())); });
        m_choices.insert(key.path, box);
        return box;
    }
    auto *edit = new QLineEdit(this);
    edit->setObjectName(key.path);
    edit->setPlaceholderText(tr("Default: %1").arg(shown.left(80)));
    edit->setAccessibleName(key.path);
    edit->setAccessibleDescription(settingMeaning(key.meaning));
    connect(edit, &QLineEdit::textEdited, this,
            [this, key](const QString &text) { m_document->set(key.path, settingValue(key, text)); });
    m_lines.insert(key.path, edit);
    return edit;
}

void SettingsView::show()
{
    for (auto at = m_lines.begin(); at != m_lines.end(); ++at)
        at.value()->setText(settingText(m_document->value(at.key())));
    for (auto at = m_choices.begin(); at != m_choices.end(); ++at)
        at.value()->setCurrentIndex(std::max(0, at.value()->findData(settingText(m_document->value(at.key())))));
    check();
}

// Others write the file, too.
void SettingsView::showEvent(QShowEvent *event)
{
    QWidget::showEvent(event);
    if (m_document->isModified())
        return;
    (void)m_document->load();
    show();
}

void SettingsView::check()
{
    const auto good = m_document->check();
    QPalette colours = palette();
    if (!good)
        colours.setColor(QPalette::WindowText, errorColour(isDark(colours)));
    m_status->setPalette(colours);
    m_status->setText(!good                      ? good.error().message
                      : m_document->isModified() ? tr("Not saved yet.")
                                                 : m_document->path());
    m_save->setEnabled(good && m_document->isModified());
    m_undo->setEnabled(m_document->isModified());
}

void SettingsView::filter(const QString &text)
{
    for (const SettingKey &key : std::as_const(m_keys)) {
        const bool fits = key.path.contains(text, Qt::CaseInsensitive) ||
                          key.meaning.contains(text, Qt::CaseInsensitive) ||
                          settingMeaning(key.meaning).contains(text, Qt::CaseInsensitive);
        m_rows.value(key.path)->setVisible(fits);
    }
}

} // namespace isol8::desktop
