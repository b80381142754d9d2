// SPDX-License-Identifier: GPL-3.0-or-later
#include <desktop/run/RichValue.h>

#include <QBuffer>
#include <QCoreApplication>
#include <QImageReader>
#include <QPainter>
#include <QSvgRenderer>
#include <QTextBrowser>
#include <QTextDocument>
#include <QXmlStreamReader>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace isol8::desktop {

namespace {

constexpr int MaxEdge = 4000;
constexpr qsizetype MaxText = 2'000'000;
constexpr qsizetype HarmlessText = 2000;

// Shows what is in the text and loads nothing that it names.
class SealedBrowser : public QTextBrowser
{
public:
    using QTextBrowser::QTextBrowser;
    QVariant loadResource(int, const QUrl &) override { return {}; }
};

// A PNG or JPEG that is written out: another drawing in it would be read like any.
bool isBitmap(QStringView address)
{
    const QString text = address.trimmed().toString();
    const QByteArray content = QByteArray::fromBase64(text.section(u',', 1).left(200).toLatin1());
    return text.startsWith("data:image/"_L1) && (content.startsWith("\x89PNG") || content.startsWith("\xff\xd8"));
}

} // namespace

RichValue RichValue::of(const QJsonObject &value)
{
    const QString type = value.value(u"type"_s).toString();
    const QString text = value.value(u"data"_s).toString();
    if (type == "image/svg+xml"_L1 && text.startsWith(u'<'))
        return {Kind::Picture, type, text.toUtf8()};
    if (type.startsWith("image/"_L1))
        return {Kind::Picture, type, QByteArray::fromBase64(text.toLatin1())};
    if (type == "text/html"_L1)
        return {Kind::Html, type, text.left(MaxText).toUtf8()};
    if (type.startsWith("text/"_L1) || type == "application/json"_L1)
        return {Kind::Text, type, text.left(MaxText).toUtf8()};
    const QString sentence =
        QCoreApplication::translate("isol8::desktop::ResultsPane", "A value of the type %1 cannot be shown.");
    return {Kind::Text, type, sentence.arg(type.left(100)).toUtf8()};
}

bool RichValue::isHarmless() const
{
    return kind == Kind::Text && content.size() <= HarmlessText;
}

QImage pictureOf(const RichValue &value)
{
    if (value.type == "image/svg+xml"_L1) {
        if (!isSelfContained(value.content))
            return {};
        QSvgRenderer renderer(value.content);
        const QSize size = renderer.defaultSize().boundedTo({MaxEdge, MaxEdge});
        if (!renderer.isValid() || size.isEmpty())
            return {};
        QImage image(size, QImage::Format_ARGB32_Premultiplied);
        image.fill(Qt::white);
        QPainter painter(&image);
        renderer.render(&painter);
        return image;
    }
    QBuffer buffer;
    buffer.setData(value.content);
    QImageReader reader(&buffer);
    const QSize size = reader.size();
    if (size.width() > MaxEdge || size.height() > MaxEdge)
        reader.setScaledSize(size.scaled(MaxEdge, MaxEdge, Qt::KeepAspectRatio));
    return reader.read();
}

QTextBrowser *browserOf(const RichValue &value, QWidget *parent)
{
    auto *browser = new SealedBrowser(parent);
    browser->setOpenLinks(false);
    if (value.kind == RichValue::Kind::Html)
        browser->setHtml(QString::fromUtf8(value.content));
    else
        browser->setPlainText(QString::fromUtf8(value.content));
    browser->setFrameShape(QFrame::NoFrame);
    browser->document()->setTextWidth(600);
    browser->setFixedHeight(std::clamp(int(browser->document()->size().height()) + 12, 30, 320));
    return browser;
}

// Qt reads what an image element and a style sheet's instruction name, be it a device that never ends.
bool isSelfContained(const QByteArray &svg)
{
    QXmlStreamReader reader(svg);
    while (!reader.atEnd()) {
        const QXmlStreamReader::TokenType token = reader.readNext();
        if (token == QXmlStreamReader::ProcessingInstruction || token == QXmlStreamReader::EntityReference)
            return false;
        if (token == QXmlStreamReader::DTD && !reader.entityDeclarations().isEmpty())
            return false;
        if (token != QXmlStreamReader::StartElement || !reader.name().endsWith("image"_L1, Qt::CaseInsensitive))
            continue;
        for (const QXmlStreamAttribute &attribute : reader.attributes()) {
            if (attribute.name() == "href"_L1 && !isBitmap(attribute.value()))
                return false;
        }
    }
    return !reader.hasError(); // what is packed, too, is none
}

} // namespace isol8::desktop
