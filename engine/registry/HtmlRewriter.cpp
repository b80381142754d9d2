// SPDX-License-Identifier: GPL-3.0-or-later
// Tags are cut out of the text that passes; those that matter are written anew.
#include <isol8/registry/BodyRewriter.h>

#include <QRegularExpression>

using namespace Qt::StringLiterals;

namespace isol8::registry {

namespace {

constexpr qsizetype TagLimit = 64 * 1024;

QString decoded(QString text)
{
    return text.replace(u"&#39;"_s, u"'"_s)
        .replace(u"&#x27;"_s, u"'"_s, Qt::CaseInsensitive)
        .replace(u"&quot;"_s, u"\""_s)
        .replace(u"&lt;"_s, u"<"_s)
        .replace(u"&gt;"_s, u">"_s)
        .replace(u"&amp;"_s, u"&"_s);
}

class HtmlRewriter final : public BodyRewriter
{
public:
    HtmlRewriter(const QUrl &base, UrlMap map)
        : m_base(base)
        , m_map(std::move(map))
    {
    }

    bool feed(QByteArrayView data, QByteArray *out) override
    {
        for (qsizetype i = 0; i < data.size();) {
            if (m_tag.isEmpty()) {
                qsizetype open = data.indexOf('<', i);
                open = open < 0 ? data.size() : open;
                out->append(data.sliced(i, open - i));
                if (open < data.size())
                    m_tag = "<";
                i = open + 1;
                continue;
            }
            const char c = data[i++];
            if (m_tag.size() >= TagLimit)
                return false;
            m_tag += c;
            if (m_quote != '\0') {
                if (c == m_quote)
                    m_quote = '\0';
            } else if ((c == '"' || c == '\'') && m_tag[1] != '!') {
                m_quote = c;
            } else if (c == '>') {
                out->append(rewritten());
                m_tag.clear();
            }
        }
        return true;
    }

    bool finish(QByteArray *out) override
    {
        out->append(m_tag.isEmpty() || m_tag.size() > 2 ? QByteArray() : m_tag);
        return m_tag.size() <= 2;
    }

private:
    QByteArray rewritten()
    {
        static const QRegularExpression name(u"\\A<\\s*(a|base)(?=[\\s/>])"_s,
                                             QRegularExpression::CaseInsensitiveOption);
        static const QRegularExpression attribute(
            u"(?<=[\\s\"'/])([A-Za-z][A-Za-z0-9:_-]*)(\\s*=\\s*(?:\"([^\"]*)\"|'([^']*)'|([^\\s\"'>]+)))?"_s);
        const QString tag = QString::fromUtf8(m_tag);
        const auto element = name.match(tag);
        if (!element.hasMatch())
            return m_tag;
        const bool isBase = element.captured(1).compare(u"base", Qt::CaseInsensitive) == 0;
        for (auto it = attribute.globalMatch(tag, element.capturedEnd()); it.hasNext();) {
            const auto match = it.next();
            if (match.captured(1).compare(u"href", Qt::CaseInsensitive) != 0)
                continue;
            const QString value = decoded(match.captured(3) + match.captured(4) + match.captured(5)).trimmed();
            const QUrl url = m_base.resolved(QUrl(value, QUrl::TolerantMode));
            if (isBase) {
                if (url.isValid())
                    m_base = url;
                return {};
            }
            const QByteArray mapped = url.isValid() ? m_map(url) : QByteArray();
            return tag.left(match.capturedStart()).toUtf8() + "href=\"" +
                   QString::fromUtf8(mapped).toHtmlEscaped().toUtf8() + '"' + tag.sliced(match.capturedEnd()).toUtf8();
        }
        return isBase ? QByteArray() : m_tag;
    }

    QUrl m_base;
    UrlMap m_map;
    QByteArray m_tag; //!< from its '<' on; empty: in text
    char m_quote = '\0';
};

} // namespace

std::unique_ptr<BodyRewriter> simpleHtmlRewriter(const QUrl &base, UrlMap map)
{
    return std::make_unique<HtmlRewriter>(base, std::move(map));
}

} // namespace isol8::registry
