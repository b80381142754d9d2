// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QByteArrayView>
#include <QJsonObject>
#include <QString>

namespace isol8::docker {

/*!
    The objects of a stream of JSON objects, with white space or nothing between them. Pure; an object may come in any
   number of pieces. At most \c ObjectLimit bytes each.
*/
class JsonStream
{
public:
    enum class Event { NeedMore, Object, Failed };
    struct Step
    {
        Event event = Event::NeedMore;
        qsizetype consumed = 0;
        QJsonObject object;
    };

    [[nodiscard]] Step parse(QByteArrayView input);
    //! Whether a stream that ends here ends in good order.
    [[nodiscard]] bool isAtBoundary() const { return m_text.isEmpty() && m_problem.isEmpty(); }
    [[nodiscard]] const QString &problem() const { return m_problem; }

    static constexpr qsizetype ObjectLimit = 4 * 1024 * 1024;

private:
    QByteArray m_text; //!< of the object that has begun
    int m_depth = 0;
    bool m_inString = false;
    bool m_escaped = false;
    QString m_problem;
};

} // namespace isol8::docker
