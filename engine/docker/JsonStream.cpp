// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/docker/JsonStream.h>

#include <QJsonDocument>

using namespace Qt::StringLiterals;

namespace isol8::docker {

JsonStream::Step JsonStream::parse(QByteArrayView input)
{
    Step step;
    const auto failed = [&](const QString &problem) {
        m_problem = problem;
        step.event = Event::Failed;
        return step;
    };
    if (!m_problem.isEmpty())
        return failed(m_problem);
    qsizetype begin = 0;
    for (qsizetype i = 0; i < input.size(); ++i) {
        const char c = input[i];
        if (m_depth == 0) {
            if (c == ' ' || c == '\t' || c == '\r' || c == '\n')
                continue;
            if (c != '{')
                return failed(u"the stream holds something else than JSON objects"_s);
            begin = i;
            m_depth = 1;
        } else if (m_inString) {
            if (m_escaped)
                m_escaped = false;
            else if (c == '\\')
                m_escaped = true;
            else if (c == '"')
                m_inString = false;
        } else if (c == '"') {
            m_inString = true;
        } else if (c == '{' || c == '[') {
            ++m_depth;
        } else if (c == '}' || c == ']') {
            --m_depth;
        }
        if (m_text.size() + (i - begin) >= ObjectLimit)
            return failed(u"a JSON object of the stream is too long"_s);
        if (m_depth > 0)
            continue;
        m_text += input.sliced(begin, i + 1 - begin);
        const QJsonDocument document = QJsonDocument::fromJson(m_text);
        m_text.clear();
        if (!document.isObject())
            return failed(u"the stream holds JSON that cannot be read"_s);
        step.event = Event::Object;
        step.object = document.object();
        step.consumed = i + 1;
        return step;
    }
    if (m_depth > 0)
        m_text += input.sliced(begin);
    step.consumed = input.size();
    return step;
}

} // namespace isol8::docker
