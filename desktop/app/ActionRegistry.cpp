// SPDX-License-Identifier: GPL-3.0-or-later
#include <desktop/app/ActionRegistry.h>

#include <desktop/app/Icons.h>

#include <QRegularExpression>

using namespace Qt::StringLiterals;

namespace isol8::desktop {

ActionRegistry::ActionRegistry(QObject *parent)
    : QObject(parent)
{
}

QAction *ActionRegistry::add(const ActionSpec &spec)
{
    auto *action = new QAction(spec.text, this);
    action->setObjectName(spec.id);
    if (!spec.icon.isEmpty())
        action->setIcon(icon(spec.icon));
    action->setShortcuts(spec.shortcuts);
    action->setCheckable(spec.checkable);
    const QString plain = withoutMnemonic(spec.text);
    action->setIconText(plain);
    QString tip = plain;
    if (!spec.shortcuts.isEmpty())
        tip += u" ("_s + spec.shortcuts.first().toString(QKeySequence::NativeText) + u')';
    action->setToolTip(tip);
    m_actions.append(action);
    m_byId.insert(spec.id, action);
    if (!spec.menu.isEmpty())
        m_byMenu[spec.menu].append(action);
    return action;
}

QAction *ActionRegistry::action(const QString &id) const
{
    return m_byId.value(id);
}

QList<QAction *> ActionRegistry::all() const
{
    return m_actions;
}

QList<QAction *> ActionRegistry::ofMenu(const QString &menu) const
{
    return m_byMenu.value(menu);
}

QString withoutMnemonic(QString text)
{
    static const QRegularExpression behind(u"\\(&.\\)"_s); // as Chinese has it
    return text.remove(behind).replace(u"&&"_s, u"\x01"_s).remove(u'&').replace(u'\x01', u'&');
}

void declareActions(ActionRegistry *registry)
{
    const auto add = [&](const char *id, const char *menu, const QString &text, const char *iconName = "",
                         const QList<QKeySequence> &shortcuts = {}, bool checkable = false) {
        registry->add({QString::fromLatin1(id), QString::fromLatin1(menu), text, QString::fromLatin1(iconName),
                       shortcuts, checkable});
    };
    add("file.new", "file", ActionRegistry::tr("&New program"), "new", {QKeySequence::New});
    add("file.open", "file", ActionRegistry::tr("&Open…"), "open", {QKeySequence::Open});
    add("file.back", "file", ActionRegistry::tr("&Back to the one before"), "history",
        {QKeySequence(Qt::ALT | Qt::Key_Left)});
    add("file.save", "file", ActionRegistry::tr("&Save"), "save", {QKeySequence::Save});
    add("file.saveAs", "file", ActionRegistry::tr("Save &as…"), "save",
        {QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_S)});
    add("app.quit", "file", ActionRegistry::tr("&Quit"), "", {QKeySequence(Qt::CTRL | Qt::Key_Q)});
    add("edit.find", "edit", ActionRegistry::tr("&Find"), "search", {QKeySequence::Find});
    add("copy.cli", "edit", ActionRegistry::tr("Copy as &command line"), "copy");
    add("copy.curl", "edit", ActionRegistry::tr("Copy as c&url"), "copy");
    add("copy.cpp", "edit", ActionRegistry::tr("Copy as C+&+"), "copy");
    add("output.copy", "edit", ActionRegistry::tr("Copy the &output"), "copy",
        {QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_O)});
    add("output.save", "edit", ActionRegistry::tr("Sa&ve the output…"), "save");
    add("output.clear", "edit", ActionRegistry::tr("C&lear the output"), "remove",
        {QKeySequence(Qt::CTRL | Qt::Key_L)});
    add("run.run", "run", ActionRegistry::tr("&Run"), "run",
        {QKeySequence(Qt::CTRL | Qt::Key_Return), QKeySequence(Qt::CTRL | Qt::Key_Enter)});
    add("run.stop", "run", ActionRegistry::tr("&Stop"), "stop", {QKeySequence(Qt::Key_Escape)});
    add("run.all", "run", ActionRegistry::tr("Run on &several…"), "compare",
        {QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_Return)});
    add("run.files", "run", ActionRegistry::tr("&Give it files…"), "file");
    add("view.run", "view", ActionRegistry::tr("&Run"), "run", {QKeySequence(Qt::CTRL | Qt::Key_1)});
    add("view.sandboxes", "view", ActionRegistry::tr("San&dboxes"), "sandbox", {QKeySequence(Qt::CTRL | Qt::Key_2)});
    add("view.history", "view", ActionRegistry::tr("&History"), "history", {QKeySequence(Qt::CTRL | Qt::Key_3)});
    add("view.images", "view", ActionRegistry::tr("&Images"), "image", {QKeySequence(Qt::CTRL | Qt::Key_4)});
    add("view.connections", "view", ActionRegistry::tr("&Connections"), "connection",
        {QKeySequence(Qt::CTRL | Qt::Key_5)});
    add("view.settings", "view", ActionRegistry::tr("&Settings"), "settings", {QKeySequence(Qt::CTRL | Qt::Key_Comma)});
    add("view.checkup", "view", ActionRegistry::tr("Check-&up"), "check", {QKeySequence(Qt::CTRL | Qt::Key_6)});
    add("view.options", "view", ActionRegistry::tr("Show the &options of the run"), "options",
        {QKeySequence(Qt::Key_F9)}, true);
    add("view.dark", "view", ActionRegistry::tr("Dar&k colours"), "", {}, true);
    add("app.palette", "view", ActionRegistry::tr("Command &palette…"), "search",
        {QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_P)});
    add("app.about", "help", ActionRegistry::tr("&About isol8"));
    for (const char *id : {"view.run", "view.sandboxes", "view.history", "view.images", "view.connections",
                           "view.settings", "view.checkup"})
        registry->action(QString::fromLatin1(id))->setCheckable(true);
}

} // namespace isol8::desktop
