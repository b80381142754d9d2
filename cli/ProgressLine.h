// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

namespace isol8::cli {

/*!
    How a long work tells on stderr how far it is: on a terminal one line that changes; elsewhere a line for each new
    sentence.
*/
class ProgressLine
{
public:
    //! \a percent below 0: not known.
    void show(const QString &what, const QString &sentence, int percent);
    //! A line of its own, which stays. An empty one only ends the line that changes.
    void say(const QString &line);

private:
    QString m_last;
    bool m_open = false; //!< a line that changes stands on the terminal, without its end
};

//! "104 MB"
[[nodiscard]] QString megabytes(qint64 bytes);

} // namespace isol8::cli
