// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QJsonObject>
#include <QScrollArea>

QT_BEGIN_NAMESPACE
class QVBoxLayout;
QT_END_NAMESPACE

namespace isol8::desktop {

//! What a program showed: pictures (PNG, SVG), tables (HTML), texts, in their order. Nothing in it is fetched or run.
class ResultsPane : public QScrollArea
{
    Q_OBJECT

public:
    explicit ResultsPane(QWidget *parent = nullptr);

    //! {type: MIME, data}. What this cannot show is named. A value that comes as a picture or table and as plain text,
    //! too, is shown once.
    void add(const QJsonObject &value);
    void clear();
    [[nodiscard]] int count() const { return m_count; }

    //! Whether a drawing is whole in itself: one that names files, which Qt would read, is not. Pure.
    [[nodiscard]] static bool isSelfContained(const QByteArray &svg);

private:
    void addPicture(const QByteArray &content, const QString &type);
    void addText(const QString &text, bool html);

    QVBoxLayout *m_layout;
    int m_count = 0;
    QJsonValue m_richAt; //!< where in the output the last picture or table was shown
};

} // namespace isol8::desktop
