// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/base/ShellWords.h>

using namespace Qt::StringLiterals;

namespace isol8 {

namespace {

// Where a quotation that begins before \a from ends: its closing mark's place, or the text's size. Its content goes
// to \a word.
qsizetype readQuoted(QStringView text, qsizetype from, QString *word)
{
    const QChar mark = text[from - 1];
    for (; from < text.size() && text[from] != mark; ++from) {
        const bool escapes = mark == u'"' && text[from] == u'\\' && from + 1 < text.size();
        if (escapes && text[from + 1] == u'\n') { // a line that goes on
            ++from;
            continue;
        }
        if (escapes && QStringView(u"\\\"$`").contains(text[from + 1]))
            ++from;
        word->append(text[from]);
    }
    return from;
}

} // namespace

Result<QStringList> splitShellWords(QStringView text)
{
    QStringList words;
    QString word;
    bool inWord = false; // an empty quotation is a word, too
    for (qsizetype at = 0; at < text.size(); ++at) {
        const QChar c = text[at];
        if (c == u' ' || c == u'\t' || c == u'\n' || c == u'\r') {
            if (inWord)
                words.append(word);
            word.clear();
            inWord = false;
        } else if (c == u'\'' || c == u'"') {
            inWord = true;
            at = readQuoted(text, at + 1, &word);
            if (at == text.size())
                return fail(errors::BadValue, u"A quotation (%1) does not end."_s.arg(c));
        } else if (c == u'\\') {
            if (++at == text.size())
                return fail(errors::BadValue, u"A backslash stands at the end, with nothing behind it."_s);
            if (text[at] != u'\n') {
                inWord = true;
                word.append(text[at]);
            }
        } else {
            inWord = true;
            word.append(c);
        }
    }
    if (inWord)
        words.append(word);
    return words;
}

QString quoteShellWords(const QStringList &words)
{
    QStringList quoted;
    for (QString word : words)
        quoted.append(u'\'' + word.replace(u'\'', u"'\\''"_s) + u'\'');
    return quoted.join(u' ');
}

} // namespace isol8
