// SPDX-License-Identifier: GPL-3.0-or-later
#include <desktop/core/Texts.h>
#include <desktop/output/TerminalColours.h>
#include <desktop/run/DiffDialog.h>
#include <desktop/run/FileChanges.h>

#include <QDialogButtonBox>
#include <QFontDatabase>
#include <QLabel>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QTextBlock>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace isol8::desktop {

namespace {
constexpr qsizetype MaxShown = 2'000'000;
}

DiffDialog::DiffDialog(const QString &title, const QString &before, const QString &after, QWidget *parent)
    : QDialog(parent)
{
    setAttribute(Qt::WA_DeleteOnClose);
    setWindowTitle(title);
    resize(760, 520);
    auto *layout = new QVBoxLayout(this);
    auto *view = new QPlainTextEdit(this);
    view->setObjectName(u"diff"_s);
    view->setReadOnly(true);
    view->setLineWrapMode(QPlainTextEdit::NoWrap);
    view->setFont(QFontDatabase::systemFont(QFontDatabase::FixedFont));
    view->setAccessibleName(title);
    int added = 0;
    int removed = 0;
    if (before.isNull()) {
        view->setPlainText(texts::clipped(after, MaxShown));
    } else {
        const bool dark = isDark(palette());
        const QList<DiffLine> lines = diff(before.left(MaxShown), after.left(MaxShown));
        QTextCursor cursor(view->document());
        for (const DiffLine &line : lines) {
            QTextCharFormat format;
            QString mark = u"  "_s;
            if (line.kind == DiffLine::Kind::Added) {
                format.setForeground(goodColour(dark));
                mark = u"+ "_s;
                ++added;
            } else if (line.kind == DiffLine::Kind::Removed) {
                format.setForeground(errorColour(dark));
                mark = u"- "_s;
                ++removed;
            }
            cursor.insertText(QString(mark + texts::clipped(line.text) + u'\n'), format);
        }
        layout->addWidget(new QLabel(tr("%1 lines added, %2 removed").arg(added).arg(removed), this));
        view->moveCursor(QTextCursor::Start);
    }
    layout->addWidget(view);
    auto *buttons = new QDialogButtonBox(this);
    auto *close = buttons->addButton(tr("Close"), QDialogButtonBox::RejectRole);
    close->setDefault(true);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    layout->addWidget(buttons);
}

} // namespace isol8::desktop
