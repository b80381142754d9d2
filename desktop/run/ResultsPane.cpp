// SPDX-License-Identifier: GPL-3.0-or-later
#include <desktop/run/ResultsPane.h>

#include <QBuffer>
#include <QImageReader>
#include <QLabel>
#include <QPainter>
#include <QSvgRenderer>
#include <QTextBrowser>
#include <QTextDocument>
#include <QVBoxLayout>
#include <QXmlStreamReader>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace isol8::desktop {

namespace {

constexpr int MaxShown = 200;
constexpr int MaxEdge = 4000;

// Shows what is in the text and loads nothing that it names.
class SealedBrowser : public QTextBrowser
{
public:
    using QTextBrowser::QTextBrowser;
    QVariant loadResource(int, const QUrl &) override { return {}; }
};

QImage pictureOf(const QByteArray &content, const QString &type)
{
    if (type == "image/svg+xml"_L1) {
        if (!ResultsPane::isSelfContained(content))
            return {};
        QSvgRenderer renderer(content);
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
    buffer.setData(content);
    QImageReader reader(&buffer);
    const QSize size = reader.size();
    if (size.width() > MaxEdge || size.height() > MaxEdge)
        reader.setScaledSize(size.scaled(MaxEdge, MaxEdge, Qt::KeepAspectRatio));
    return reader.read();
}

// A PNG or JPEG that is written out: another drawing in it would be read like any.
bool isBitmap(QStringView address)
{
    const QString text = address.trimmed().toString();
    const QByteArray content = QByteArray::fromBase64(text.section(u',', 1).left(200).toLatin1());
    return text.startsWith("data:image/"_L1) && (content.startsWith("\x89PNG") || content.startsWith("\xff\xd8"));
}

} // namespace

ResultsPane::ResultsPane(QWidget *parent)
    : QScrollArea(parent)
    , m_layout(nullptr)
{
    setWidgetResizable(true);
    setAccessibleName(tr("Results"));
    auto *inner = new QWidget(this);
    m_layout = new QVBoxLayout(inner);
    m_layout->addStretch();
    setWidget(inner);
}

// Qt reads what an image element and a style sheet's instruction name, be it a device that never ends.
bool ResultsPane::isSelfContained(const QByteArray &svg)
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

void ResultsPane::add(const QJsonObject &value)
{
    if (m_count >= MaxShown)
        return;
    const QJsonValue at = value.value(u"stdoutAt"_s);
    const bool plain = value.value(u"type"_s).toString() == "text/plain"_L1;
    if (plain && at.isDouble() && at == m_richAt)
        return;
    m_richAt = plain ? QJsonValue() : at;
    ++m_count;
    const QString type = value.value(u"type"_s).toString();
    const QString text = value.value(u"data"_s).toString();
    if (type == "image/svg+xml"_L1)
        addPicture(text.startsWith(u'<') ? text.toUtf8() : QByteArray::fromBase64(text.toLatin1()), type);
    else if (type.startsWith("image/"_L1))
        addPicture(QByteArray::fromBase64(text.toLatin1()), type);
    else if (type == "text/html"_L1)
        addText(text, true);
    else if (type.startsWith("text/"_L1) || type == "application/json"_L1)
        addText(text, false);
    else
        addText(tr("A value of the type %1 cannot be shown.").arg(type.left(100)), false);
}

void ResultsPane::addPicture(const QByteArray &content, const QString &type)
{
    const QImage image = pictureOf(content, type);
    if (image.isNull()) {
        addText(tr("A picture that cannot be read."), false);
        return;
    }
    auto *label = new QLabel(this);
    label->setPixmap(QPixmap::fromImage(image));
    label->setAccessibleName(tr("Picture, %1 by %2").arg(image.width()).arg(image.height()));
    m_layout->insertWidget(m_layout->count() - 1, label);
}

void ResultsPane::addText(const QString &text, bool html)
{
    auto *browser = new SealedBrowser(this);
    browser->setOpenLinks(false);
    browser->setAccessibleName(html ? tr("Table") : tr("Value"));
    if (html)
        browser->setHtml(text.left(2'000'000));
    else
        browser->setPlainText(text.left(2'000'000));
    browser->setFrameShape(QFrame::NoFrame);
    browser->document()->setTextWidth(600);
    browser->setFixedHeight(std::clamp(int(browser->document()->size().height()) + 12, 30, 320));
    m_layout->insertWidget(m_layout->count() - 1, browser);
}

void ResultsPane::clear()
{
    while (m_layout->count() > 1) {
        QLayoutItem *item = m_layout->takeAt(0);
        delete item->widget();
        delete item;
    }
    m_count = 0;
    m_richAt = {};
}

} // namespace isol8::desktop
