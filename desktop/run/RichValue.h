// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QImage>
#include <QJsonObject>
#include <QString>

QT_BEGIN_NAMESPACE
class QTextBrowser;
class QWidget;
QT_END_NAMESPACE

namespace isol8::desktop {

//! A value that a program shows, as it can be drawn.
struct RichValue
{
    enum class Kind : quint8 { Picture, Html, Text };

    Kind kind = Kind::Text;
    QString type;       //!< of a picture, its MIME type
    QByteArray content; //!< of a text, UTF-8

    //! \a value: {type: MIME, data}. One that can be shown as nothing else is a text that names its type; HTML that is
    //! not isReasonable() is its source. A text is as long as is laid out in a moment.
    [[nodiscard]] static RichValue of(const QJsonObject &value);
};

//! Null: it cannot be read. Loads nothing that it names.
[[nodiscard]] QImage pictureOf(const RichValue &value);
//! A text or table, laid out and as high as it needs within bounds. Loads nothing that it names.
[[nodiscard]] QTextBrowser *browserOf(const RichValue &value, QWidget *parent);
//! Whether a drawing is whole in itself: one that names files, which Qt would read, is not; nor one that is too deep or
//! uses too much. Pure.
[[nodiscard]] bool isSelfContained(const QByteArray &svg);
//! Whether HTML looks as if it were laid out in a moment. Pure.
[[nodiscard]] bool isReasonable(const QString &html);

} // namespace isol8::desktop
