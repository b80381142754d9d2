// SPDX-License-Identifier: GPL-3.0-or-later
#include <desktop/manage/ConnectionView.h>

#include <desktop/app/Icons.h>
#include <desktop/core/Texts.h>

#include <QDialogButtonBox>
#include <QFormLayout>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QPushButton>
#include <QUuid>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace isol8::desktop {

ConnectionController::ConnectionController(EngineHub *hub, QObject *parent)
    : QObject(parent)
    , m_hub(hub)
{
    connect(hub, &EngineHub::connectionsChanged, this, &ConnectionController::changed);
    connect(hub, &EngineHub::stateChanged, this, &ConnectionController::changed);
}

QList<ConnectionItem> ConnectionController::items() const
{
    QList<ConnectionItem> items;
    for (const EngineConnection *connection : m_hub->connections()) {
        ConnectionItem item;
        item.id = connection->spec().id;
        item.name = connection->spec().name;
        item.isService = connection->spec().kind == ConnectionSpec::Kind::Service;
        item.where = item.isService            ? connection->spec().url.toString()
                     : connection->docker()    ? connection->docker()->endpoint().toString()
                     : item.id == BackgroundId ? tr("the engine of isol8 serve --local")
                                               : QString();
        item.state = connection->state();
        item.problem = texts::advice(connection->problem().code, connection->problem().message).sentence;
        items.append(item);
    }
    return items;
}

void ConnectionController::save(const QString &id, const QString &name, const QString &url, const QString &key)
{
    const auto parsed = serviceUrl(url);
    if (!parsed) {
        Q_EMIT failed(parsed.error().message);
        return;
    }
    ConnectionSpec spec;
    spec.id = id.isEmpty() ? QUuid::createUuid().toString(QUuid::WithoutBraces) : id;
    spec.name = name.trimmed().isEmpty() ? parsed->host() : name.trimmed();
    spec.url = *parsed;
    // No key for the same place: the one that there is.
    const EngineConnection *before = m_hub->connection(id);
    if (key.isEmpty() && before && before->spec().url == spec.url) {
        m_hub->keys()->read(id, {this, [this, spec](const Result<QByteArray> &kept) {
                                     saveWithKey(spec, kept.value_or(QByteArray()));
                                 }});
        return;
    }
    saveWithKey(spec, key.toUtf8());
}

void ConnectionController::saveWithKey(const ConnectionSpec &spec, const QByteArray &key)
{
    m_hub->saveService(spec, key,
                       {this, [this](const Result<void> &done) {
                            if (!done)
                                Q_EMIT failed(done.error().message);
                            else if (m_hub->keys()->inFile())
                                Q_EMIT saved(tr("No keychain answers here. The key is in a file, encrypted by a key "
                                                "that is in your data folder, too: who can read "
                                                "your files can read it."));
                            else
                                Q_EMIT saved(tr("The key is in the system's keychain."));
                        }});
}

void ConnectionController::remove(const QString &id)
{
    m_hub->removeService(id);
}

void ConnectionController::check(const QString &id)
{
    if (EngineConnection *connection = m_hub->connection(id))
        connection->check();
}

ConnectionView::ConnectionView(ConnectionController *controller, QWidget *parent)
    : QWidget(parent)
    , m_controller(controller)
    , m_list(new QListWidget(this))
    , m_add(new QPushButton(icon(u"add"_s), tr("Add a service…"), this))
    , m_change(new QPushButton(icon(u"settings"_s), tr("Change…"), this))
    , m_check(new QPushButton(icon(u"refresh"_s), tr("Try now"), this))
    , m_remove(new QPushButton(icon(u"remove"_s), tr("Remove"), this))
    , m_status(new QLabel(this))
{
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(8, 8, 8, 8);
    auto *row = new QHBoxLayout;
    m_add->setObjectName(u"addService"_s);
    row->addWidget(m_add);
    row->addStretch();
    for (QPushButton *button : {m_check, m_change, m_remove})
        row->addWidget(button);
    layout->addLayout(row);
    m_list->setAccessibleName(tr("Connections"));
    m_list->setObjectName(u"connectionList"_s);
    m_list->setSpacing(3);
    m_list->setIconSize({20, 20});
    layout->addWidget(m_list, 1);
    m_status->setWordWrap(true);
    m_status->setTextFormat(Qt::PlainText);
    m_status->setObjectName(u"connectionStatus"_s);
    m_status->setAccessibleName(tr("What was done"));
    layout->addWidget(m_status);
    connect(controller, &ConnectionController::changed, this, &ConnectionView::show);
    connect(controller, &ConnectionController::failed, m_status, &QLabel::setText);
    connect(controller, &ConnectionController::saved, m_status, &QLabel::setText);
    connect(m_list, &QListWidget::currentRowChanged, this, &ConnectionView::updateButtons);
    connect(m_add, &QPushButton::clicked, this, [this] { edit(true); });
    connect(m_change, &QPushButton::clicked, this, [this] { edit(false); });
    connect(m_check, &QPushButton::clicked, this, [this] {
        if (const auto item = current())
            m_controller->check(item->id);
    });
    connect(m_remove, &QPushButton::clicked, this, [this] {
        if (const auto item = current())
            m_controller->remove(item->id);
    });
    show();
}

void ConnectionView::show()
{
    const int row = m_list->currentRow();
    m_list->clear();
    for (const ConnectionItem &item : m_controller->items()) {
        const bool ready = item.state == EngineConnection::State::Ready;
        const bool failed = item.state == EngineConnection::State::Failed;
        QString text = item.name;
        if (!item.where.isEmpty())
            text += u"  –  "_s + item.where;
        text += u'\n' + (ready ? tr("Ready") : failed ? item.problem : tr("Connecting…"));
        new QListWidgetItem(icon(ready ? u"check"_s : failed ? u"problem"_s : u"refresh"_s), text, m_list);
    }
    m_list->setCurrentRow(std::clamp(row, 0, std::max(0, m_list->count() - 1)));
    updateButtons();
}

std::optional<ConnectionItem> ConnectionView::current() const
{
    const QList<ConnectionItem> items = m_controller->items();
    const int row = m_list->currentRow();
    return row >= 0 && row < items.size() ? std::optional(items.at(row)) : std::nullopt;
}

void ConnectionView::updateButtons()
{
    const auto item = current();
    m_check->setEnabled(item.has_value());
    m_change->setEnabled(item && item->isService);
    m_remove->setEnabled(item && item->isService);
}

void ConnectionView::edit(bool fresh)
{
    const ConnectionItem item = fresh ? ConnectionItem() : current().value_or(ConnectionItem());
    auto *dialog = new ServiceDialog(item, window());
    connect(dialog, &ServiceDialog::chosen, m_controller,
            [this, id = item.id](const QString &name, const QString &url, const QString &key) {
                m_controller->save(id, name, url, key);
            });
    dialog->open();
}

ServiceDialog::ServiceDialog(const ConnectionItem &item, QWidget *parent)
    : QDialog(parent)
    , m_url(new QLineEdit(item.where, this))
    , m_key(new QLineEdit(this))
    , m_name(new QLineEdit(item.name, this))
{
    setAttribute(Qt::WA_DeleteOnClose);
    setWindowTitle(tr("A service of isol8"));
    auto *form = new QFormLayout(this);
    form->addRow(tr("Address"), m_url);
    form->addRow(tr("Key"), m_key);
    form->addRow(tr("Name"), m_name);
    m_url->setFocus();
    m_url->setPlaceholderText(u"https://sandboxes.example.com"_s);
    m_url->setAccessibleName(tr("Address"));
    m_key->setAccessibleName(tr("Key"));
    m_name->setAccessibleName(tr("Name"));
    m_key->setEchoMode(QLineEdit::Password);
    m_key->setPlaceholderText(item.id.isEmpty() ? tr("As isol8 serve or its owner gave it to you")
                                                : tr("As it is, where the address stays"));
    auto *buttons = new QDialogButtonBox(this);
    buttons->addButton(tr("Save"), QDialogButtonBox::AcceptRole);
    buttons->addButton(tr("Cancel"), QDialogButtonBox::RejectRole);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    connect(buttons, &QDialogButtonBox::accepted, this, [this] {
        Q_EMIT chosen(m_name->text(), m_url->text(), m_key->text());
        accept();
    });
    form->addRow(buttons);
    resize(440, sizeHint().height());
}

} // namespace isol8::desktop
