// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/base/Error.h>

#include <QByteArray>
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

//! Columns and rows of the terminal at \a fd; 80 by 24 where it is none.
[[nodiscard]] QSize terminalSize(int fd);

/*!
    Puts the terminal at stdin into raw mode, so that every key goes to the program inside, and back when it dies or the
    process exits in good order. Does nothing where stdin is no terminal.
*/
class RawTerminal
{
public:
    RawTerminal();
    ~RawTerminal();
    RawTerminal(const RawTerminal &) = delete;
    RawTerminal &operator=(const RawTerminal &) = delete;
};

//! Qt wants a UTF-8 locale and says so on stderr where there is none. Call it before QCoreApplication is made.
void useUtf8Locale();

//! stdin to its end, at most \a limit bytes; file_error beyond that.
[[nodiscard]] Result<QByteArray> readStdin(qint64 limit);

} // namespace isol8::cli
