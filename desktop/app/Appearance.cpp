// SPDX-License-Identifier: GPL-3.0-or-later
#include <desktop/app/Appearance.h>

#include <QApplication>
#include <QLibraryInfo>
#include <QLocale>
#include <QPalette>
#include <QProxyStyle>
#include <QStyle>
#include <QStyleOption>
#include <QTranslator>

using namespace Qt::StringLiterals;

namespace isol8::desktop {

namespace {

QPalette darkPalette()
{
    QPalette palette;
    // The edges of fields and boxes are darker than the window; so fields are lighter, or nobody would see them.
    const QColor window(0x20, 0x22, 0x25);
    const QColor base(0x2b, 0x2e, 0x33);
    const QColor ink(0xe6, 0xe8, 0xea);
    const QColor faint(0x8b, 0x90, 0x96);
    palette.setColor(QPalette::Window, window);
    palette.setColor(QPalette::WindowText, ink);
    palette.setColor(QPalette::Base, base);
    palette.setColor(QPalette::AlternateBase, QColor(0x26, 0x29, 0x2d));
    palette.setColor(QPalette::Text, ink);
    palette.setColor(QPalette::PlaceholderText, faint);
    palette.setColor(QPalette::Button, QColor(0x3a, 0x3e, 0x45));
    palette.setColor(QPalette::ButtonText, ink);
    palette.setColor(QPalette::BrightText, Qt::white);
    palette.setColor(QPalette::Light, QColor(0x4a, 0x4e, 0x55)); // lines, such as the one below tabs
    palette.setColor(QPalette::Midlight, QColor(0x40, 0x44, 0x4a));
    palette.setColor(QPalette::Mid, QColor(0x30, 0x33, 0x38));
    palette.setColor(QPalette::Dark, QColor(0x17, 0x18, 0x1a));
    palette.setColor(QPalette::Shadow, QColor(0x0c, 0x0d, 0x0e));
    palette.setColor(QPalette::ToolTipBase, QColor(0x33, 0x36, 0x3b));
    palette.setColor(QPalette::ToolTipText, ink);
    palette.setColor(QPalette::Highlight, QColor(0x2f, 0x6f, 0xc4));
    palette.setColor(QPalette::HighlightedText, Qt::white);
    palette.setColor(QPalette::Link, QColor(0x8a, 0xb4, 0xf8));
    palette.setColor(QPalette::LinkVisited, QColor(0xc5, 0x8a, 0xf9));
    for (const QPalette::ColorRole role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText})
        palette.setColor(QPalette::Disabled, role, QColor(0x6f, 0x74, 0x7a));
    palette.setColor(QPalette::Disabled, QPalette::Highlight, QColor(0x4a, 0x4e, 0x55));
    return palette;
}

// Boxes that can be ticked and fields are drawn with an edge a little darker than the window, which on a dark one
// nobody sees.
class SeenBoxes : public QProxyStyle
{
public:
    using QProxyStyle::QProxyStyle;

    void drawPrimitive(PrimitiveElement element, const QStyleOption *option, QPainter *painter,
                       const QWidget *widget) const override
    {
        const bool box = element == PE_IndicatorCheckBox || element == PE_IndicatorRadioButton ||
                         element == PE_IndicatorItemViewItemCheck;
        const auto *button = qstyleoption_cast<const QStyleOptionButton *>(option);
        const auto *field = qstyleoption_cast<const QStyleOptionFrame *>(option);
        const bool dark = option->palette.color(QPalette::Window).lightness() < 128;
        if (dark && box && button) {
            QStyleOptionButton seen(*button);
            seen.palette.setColor(QPalette::Window, QColor(0xc8, 0xcc, 0xd0));
            QProxyStyle::drawPrimitive(element, &seen, painter, widget);
        } else if (dark && element == PE_FrameLineEdit && field) {
            QStyleOptionFrame seen(*field);
            seen.palette.setColor(QPalette::Window, QColor(0x96, 0x9b, 0xa3));
            QProxyStyle::drawPrimitive(element, &seen, painter, widget);
        } else {
            QProxyStyle::drawPrimitive(element, option, painter, widget);
        }
    }
};

} // namespace

bool systemIsDark()
{
    return QApplication::style()->standardPalette().color(QPalette::Window).lightness() < 128;
}

void setDarkColours(bool dark)
{
    if (!dynamic_cast<SeenBoxes *>(QApplication::style()))
        QApplication::setStyle(new SeenBoxes(QApplication::style()->name()));
    if (dark)
        QApplication::setPalette(systemIsDark() ? QApplication::style()->standardPalette() : darkPalette());
    else
        QApplication::setPalette(QApplication::style()->standardPalette());
}

void installTranslations(const QString &locale)
{
    const QLocale wanted = locale.isEmpty() ? QLocale::system() : QLocale(locale);
    if (!locale.isEmpty())
        QLocale::setDefault(wanted);
    const auto install = [&](const QString &name, const QString &folder) {
        auto *translator = new QTranslator(qApp);
        if (translator->load(wanted, name, u"_"_s, folder))
            QApplication::installTranslator(translator);
        else
            delete translator;
    };
    install(u"qtbase"_s, QLibraryInfo::path(QLibraryInfo::TranslationsPath));
    // English is the language of the sources; only its plurals are in a file. What another language has goes before.
    auto *plurals = new QTranslator(qApp);
    if (plurals->load(u":/translations/isol8-desktop_en.qm"_s))
        QApplication::installTranslator(plurals);
    install(u"isol8-desktop"_s, u":/translations"_s);
}

} // namespace isol8::desktop
