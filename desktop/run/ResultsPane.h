// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <desktop/run/RichValue.h>

#include <isol8/base/Units.h>

#include <QJsonObject>
#include <QScrollArea>

#include <deque>

QT_BEGIN_NAMESPACE
class QVBoxLayout;
QT_END_NAMESPACE

namespace isol8::desktop {

class Rehearsal;

/*!
    What a program showed: pictures (PNG, SVG), tables (HTML), texts, in their order. Nothing in it is fetched or run,
    and what takes long to be drawn is drawn elsewhere first, and here not at all.
*/
class ResultsPane : public QScrollArea
{
    Q_OBJECT

public:
    explicit ResultsPane(QWidget *parent = nullptr);

    //! {type: MIME, data}. What this cannot show is named. A value that comes as a picture or table and as plain text,
    //! too, is shown once.
    void add(const QJsonObject &value);
    void clear();
    //! Of the values that are shown, or are about to be.
    [[nodiscard]] int count() const { return m_count; }
    [[nodiscard]] bool isReady() const { return m_waiting.empty(); }

Q_SIGNALS:
    //! One more is to be seen.
    void drawn();

private:
    void tried(bool drawable, milliseconds took);
    void draw(const RichValue &value);

    QVBoxLayout *m_layout;
    Rehearsal *m_rehearsal;
    std::deque<RichValue> m_waiting;
    milliseconds m_drawn{0};
    qint64 m_pixels = 0;
    qsizetype m_text = 0; //!< bytes of UTF-8
    int m_count = 0;
    QJsonValue m_richAt; //!< where in the output the last picture or table was shown
};

} // namespace isol8::desktop
