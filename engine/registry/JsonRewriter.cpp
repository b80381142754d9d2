// SPDX-License-Identifier: GPL-3.0-or-later
// A scanner that knows where it is in a JSON text, and nothing else of it: strings, and the keys on the way to them.
// Everything is handed on as it came but the strings that are wanted. What is no JSON is handed on, too.
#include <isol8/registry/BodyRewriter.h>

#include <QJsonArray>
#include <QJsonDocument>

#include <array>

namespace isol8::registry {

namespace {

constexpr qsizetype UrlLimit = 16 * 1024;
constexpr qsizetype KeyLimit = 1024; // a longer one is no key that is looked for
constexpr int TrackedDepth = 4;

struct Level
{
    bool isObject = false;
    QByteArray key; //!< the last one, as it is written
};

using Levels = std::array<Level, TrackedDepth>;

bool isTarball(const Levels &levels, int depth)
{
    const auto isDist = [&](std::size_t at) {
        return levels[at].isObject && levels[at].key == "dist" && levels[at + 1].isObject &&
               levels[at + 1].key == "tarball";
    };
    return (depth == 2 && isDist(0)) ||
           (depth == 4 && levels[0].isObject && levels[0].key == "versions" && levels[1].isObject && isDist(2));
}

bool isFileUrl(const Levels &levels, int depth)
{
    return depth == 3 && levels[0].isObject && levels[0].key == "files" && !levels[1].isObject && levels[2].isObject &&
           levels[2].key == "url";
}

class JsonRewriter final : public BodyRewriter
{
public:
    using Wanted = bool (*)(const Levels &levels, int depth);

    JsonRewriter(const QUrl &base, UrlMap map, Wanted wanted)
        : m_base(base)
        , m_map(std::move(map))
        , m_wanted(wanted)
    {
    }

    bool feed(QByteArrayView data, QByteArray *out) override
    {
        qsizetype from = 0; // not handed on yet
        for (qsizetype i = 0; i < data.size(); ++i) {
            const char c = data[i];
            if (m_string == String::None) {
                if (c != '"') {
                    structure(c);
                } else if (beginString(); m_string == String::Wanted) {
                    out->append(data.sliced(from, i - from));
                    from = i + 1;
                }
                continue;
            }
            if (!m_escaped && c == '"') {
                if (m_string == String::Wanted) {
                    out->append(replacement());
                    from = i + 1;
                }
                endString();
                continue;
            }
            m_escaped = !m_escaped && c == '\\';
            if (m_string == String::Wanted) {
                if (m_text.size() >= UrlLimit)
                    return false;
                m_text += c;
                from = i + 1;
            } else if (m_string == String::Key && m_text.size() < KeyLimit) {
                m_text += c;
            }
        }
        out->append(data.sliced(from));
        return true;
    }

    bool finish(QByteArray *) override { return m_string == String::None && m_depth == 0; }

private:
    enum class String { None, Key, Wanted, Other };

    void structure(char c)
    {
        switch (c) {
        case '{':
        case '[':
            if (m_depth < TrackedDepth)
                m_levels[std::size_t(m_depth)] = {c == '{', {}};
            ++m_depth;
            m_expectsKey = c == '{';
            break;
        case '}':
        case ']':
            if (m_depth > 0)
                --m_depth;
            m_expectsKey = false;
            break;
        case ',':
            m_expectsKey = m_depth > 0 && m_depth <= TrackedDepth && m_levels[std::size_t(m_depth - 1)].isObject;
            break;
        case ':':
            m_expectsKey = false;
            break;
        default:
            break;
        }
    }

    void beginString()
    {
        m_text.clear();
        m_escaped = false;
        if (m_depth == 0 || m_depth > TrackedDepth)
            m_string = String::Other;
        else if (m_expectsKey)
            m_string = String::Key;
        else
            m_string = m_wanted(m_levels, m_depth) ? String::Wanted : String::Other;
    }

    void endString()
    {
        if (m_string == String::Key)
            m_levels[std::size_t(m_depth - 1)].key = plain();
        m_string = String::None;
    }

    // A key may be written with escapes.
    [[nodiscard]] QByteArray plain() const
    {
        if (!m_text.contains('\\'))
            return m_text;
        const QJsonArray array = QJsonDocument::fromJson("[\"" + m_text + "\"]").array();
        return array.size() == 1 ? array[0].toString().toUtf8() : QByteArray();
    }

    [[nodiscard]] QByteArray replacement() const
    {
        const QUrl url = m_base.resolved(QUrl(QString::fromUtf8(plain()), QUrl::StrictMode));
        const QByteArray mapped = url.isValid() ? m_map(url) : QByteArray();
        const QByteArray array =
            QJsonDocument(QJsonArray{QString::fromUtf8(mapped)}).toJson(QJsonDocument::Compact).trimmed();
        return array.sliced(1, array.size() - 2);
    }

    QUrl m_base;
    UrlMap m_map;
    Wanted m_wanted;
    Levels m_levels;
    int m_depth = 0;
    bool m_expectsKey = false;
    String m_string = String::None;
    bool m_escaped = false; //!< the byte before was a backslash that counts
    QByteArray m_text;
};

} // namespace

std::unique_ptr<BodyRewriter> npmRewriter(const QUrl &base, UrlMap map)
{
    return std::make_unique<JsonRewriter>(base, std::move(map), isTarball);
}

std::unique_ptr<BodyRewriter> simpleJsonRewriter(const QUrl &base, UrlMap map)
{
    return std::make_unique<JsonRewriter>(base, std::move(map), isFileUrl);
}

} // namespace isol8::registry
