// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/base/Error.h>

#include <QByteArray>
#include <QMap>
#include <QProcessEnvironment>
#include <QSize>
#include <QString>

namespace isol8::cli {

/*!
    Opens /dev/null as stdin, stdout and stderr where our caller closed them (<&- >&-): else the next descriptor that is
    opened, a socket of ours, would take their place. stdin then is at its end, and what is written is dropped. Before
    anything else is opened.
*/
void openClosedDescriptors();

[[nodiscard]] bool isTerminal(int fd);
//! On a terminal that has not been told otherwise (NO_COLOR, TERM=dumb).
[[nodiscard]] bool usesColours(int fd);

//! All of \a data to \a fd, however often the kernel takes only a part. False when it takes no more (EPIPE, ENOSPC).
bool writeAll(int fd, QByteArrayView data);

//! Data, to stdout. False: stdout is gone or full.
bool printData(const QString &text);
//! A line for the person, to stderr.
void printNote(const QString &text);
//! "isol8: " and a sentence, to stderr; red where colours are used.
void printError(const QString &sentence);
//! An error's sentence, and its detail when there is one.
void printError(const Error &error);

//! What comes from elsewhere, so that it does not speak to the terminal: control and formatting characters become "?".
[[nodiscard]] QString printable(QString text);
//! The like for the name of a file that a program inside has chosen.
[[nodiscard]] QString printableName(const QString &name);

//! Columns and rows of the terminal that we have, at stdin, stdout or stderr; 80 by 24 where there is none.
[[nodiscard]] QSize terminalSize();

/*!
    What a program in a terminal of its own is told of the one that shows it, from our own \a environment: TERM where
   the images know that kind (else it keeps xterm-256color, which most others imitate), COLORTERM and NO_COLOR.
*/
[[nodiscard]] QMap<QString, QString> terminalVariables(const QProcessEnvironment &environment);

//! Qt wants a UTF-8 locale and says so on stderr where there is none. Call it before QCoreApplication is made.
void useUtf8Locale();

//! stdin to its end, at most \a limit bytes; file_error beyond that.
[[nodiscard]] Result<QByteArray> readStdin(qint64 limit);
//! stdin to its end, or its first \a most bytes, and the rest of it can still be read.
[[nodiscard]] Result<QByteArray> readStdinStart(qint64 most);

} // namespace isol8::cli
