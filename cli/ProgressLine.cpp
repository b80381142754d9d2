// SPDX-License-Identifier: GPL-3.0-or-later
#include <cli/ProgressLine.h>

#include <cli/Terminal.h>

#include <utility>

#include <unistd.h>

using namespace Qt::StringLiterals;

namespace isol8::cli {

void ProgressLine::show(const QString &what, const QString &sentence, int percent)
{
    if (usesColours(STDERR_FILENO)) {
        const QString done = percent < 0 ? u"     "_s : u"%1 %"_s.arg(percent, 3);
        const int room = terminalSize().width() - int(done.size()) - 12;
        writeAll(
            STDERR_FILENO,
            u"\r\x1b[K%1 %2  %3"_s.arg(what.leftJustified(7), done, sentence.left(std::max(8, room - int(what.size()))))
                .toUtf8());
        m_open = true;
    } else if (m_last != what + sentence) {
        say(what + u": " + sentence);
    }
    m_last = what + sentence;
}

void ProgressLine::say(const QString &line)
{
    if (std::exchange(m_open, false))
        writeAll(STDERR_FILENO, "\r\x1b[K");
    if (!line.isEmpty())
        printNote(line);
}

QString megabytes(qint64 bytes)
{
    return u"%1 MB"_s.arg((bytes + 500000) / 1000000);
}

} // namespace isol8::cli
