// SPDX-License-Identifier: GPL-3.0-or-later
#include <desktop/run/RichValue.h>

#include <desktop/core/Texts.h>

#include <QBuffer>
#include <QCoreApplication>
#include <QImageReader>
#include <QPainter>
#include <QRegularExpression>
#include <QSet>
#include <QSvgRenderer>
#include <QTextBrowser>
#include <QTextDocument>
#include <QXmlStreamReader>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace isol8::desktop {

namespace {

constexpr int MaxEdge = 4000;
constexpr qsizetype MaxText = 200'000; // of one value
constexpr qsizetype MaxTags = 20'000;
constexpr int MaxDepth = 60;
constexpr qint64 MaxDrawn = 5'000'000; // characters of what uses draw, each time counted
constexpr int MaxTables = 4;           // in each other: each doubles what is laid out

// Read as what it is said to be alone: what decides by the content also takes a drawing, which names files.
QImage bitmapOf(const QByteArray &content, QStringView type)
{
    static const QStringList known{u"png"_s, u"jpeg"_s, u"gif"_s, u"webp"_s, u"bmp"_s};
    const QString format = type.mid(6).toString();
    if (!type.startsWith(u"image/") || !known.contains(format))
        return {};
    QBuffer buffer;
    buffer.setData(content);
    QImageReader reader(&buffer, format.toLatin1());
    reader.setAutoDetectImageFormat(false);
    const QSize size = reader.size();
    if (size.width() > MaxEdge || size.height() > MaxEdge)
        reader.setScaledSize(size.scaled(MaxEdge, MaxEdge, Qt::KeepAspectRatio));
    return reader.read();
}

// Shows what is in the text and loads nothing that it names. An answer there must be: without one Qt opens the name.
class SealedBrowser : public QTextBrowser
{
public:
    using QTextBrowser::QTextBrowser;
    QVariant loadResource(int type, const QUrl &url) override
    {
        QImage image;
        const QString text = url.toString(QUrl::FullyEncoded).left(MaxText);
        if (type == QTextDocument::ImageResource && text.startsWith("data:image/"_L1))
            image =
                bitmapOf(QByteArray::fromBase64(QUrl::fromPercentEncoding(text.section(u',', 1).toLatin1()).toLatin1()),
                         QStringView(text).mid(5, text.indexOf(u';') - 5));
        if (image.isNull()) {
            image = QImage(1, 1, QImage::Format_ARGB32_Premultiplied);
            image.fill(Qt::transparent);
        }
        return type == QTextDocument::ImageResource ? QVariant(image) : QVariant(QByteArray(" "));
    }
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
    if (type == "text/html"_L1 && isReasonable(text))
        return {Kind::Html, type, text.toUtf8()};
    if (type.startsWith("text/"_L1) || type == "application/json"_L1)
        return {Kind::Text, type, texts::clipped(text, MaxText).toUtf8()};
    const QString sentence =
        QCoreApplication::translate("isol8::desktop::ResultsPane", "A value of the type %1 cannot be shown.");
    return {Kind::Text, type, sentence.arg(type.left(100)).toUtf8()};
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
    return bitmapOf(value.content, value.type);
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

// Qt reads what an image element and a style sheet's instruction name, be it a device that never ends; it follows
// elements as deep as they are, and draws what is used as often as it is.
bool isSelfContained(const QByteArray &svg)
{
    QXmlStreamReader reader(svg);
    QStringList open; // ids, of those that have none, too
    QList<qint64> begun;
    QHash<QString, qint64> lengths;
    QSet<QString> users; // what holds a use of another
    QStringList used;
    while (!reader.atEnd()) {
        const qint64 before = reader.characterOffset();
        const QXmlStreamReader::TokenType token = reader.readNext();
        if (token == QXmlStreamReader::ProcessingInstruction || token == QXmlStreamReader::EntityReference)
            return false;
        if (token == QXmlStreamReader::DTD && !reader.entityDeclarations().isEmpty())
            return false;
        if (token == QXmlStreamReader::EndElement) {
            lengths.insert(open.takeLast(), reader.characterOffset() - begun.takeLast());
            continue;
        }
        if (token != QXmlStreamReader::StartElement)
            continue;
        const QXmlStreamAttributes attributes = reader.attributes();
        const bool image = reader.name().endsWith("image"_L1, Qt::CaseInsensitive);
        const bool use = reader.name().endsWith("use"_L1, Qt::CaseInsensitive);
        for (const QXmlStreamAttribute &attribute : attributes) {
            if (image && attribute.name() == "href"_L1 && !isBitmap(attribute.value()))
                return false;
            if (use && attribute.name() == "href"_L1)
                used.append(attribute.value().mid(1).toString());
        }
        if (use)
            users.unite(QSet<QString>(open.begin(), open.end()));
        if (open.size() >= MaxDepth)
            return false;
        open.append(attributes.value("id"_L1).toString());
        begun.append(before);
    }
    qint64 drawn = 0;
    for (const QString &id : std::as_const(used)) {
        drawn += lengths.value(id);
        if (id.isEmpty() || users.contains(id) || drawn > MaxDrawn)
            return false;
    }
    return !reader.hasError(); // what is packed, too, is none
}

// Whether it is laid out in a moment: neither deep nor endless.
bool isReasonable(const QString &html)
{
    if (html.size() > MaxText || html.count(u'<') > MaxTags)
        return false;
    static const QRegularExpression tag(u"<(/?)([a-zA-Z][a-zA-Z0-9]*)"_s);
    static const QStringList alone{u"br"_s, u"img"_s, u"hr"_s, u"input"_s, u"meta"_s, u"link"_s, u"col"_s};
    static const QRegularExpression longWord(u"[^\\s<]{%1}"_s.arg(texts::MaxLine));
    if (longWord.match(html).hasMatch())
        return false;
    int depth = 0;
    int tables = 0;
    for (auto it = tag.globalMatch(html); it.hasNext();) {
        const QRegularExpressionMatch match = it.next();
        const int step = match.capturedView(1).isEmpty() ? 1 : -1;
        const QString name = match.captured(2).toLower();
        if (!alone.contains(name))
            depth = std::max(0, depth + step);
        if (name == "table"_L1)
            tables = std::max(0, tables + step);
        if (depth > MaxDepth || tables > MaxTables)
            return false;
    }
    return true;
}

} // namespace isol8::desktop
