// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QJsonObject>
#include <QList>
#include <QString>

namespace isol8 {

//! One try to get through a wall, from inside a sandbox.
struct Probe
{
    enum class Outcome { Held, Open, Untried };

    QString name;                       //!< what was tried: "load a program into the kernel (bpf)"
    Outcome outcome = Outcome::Untried; //!< that could not be tried does not hold
    QString found;                      //!< what came of it: "EPERM"
    friend bool operator==(const Probe &, const Probe &) = default;
};

//! A wall, in words for the person whose machine it is.
struct Wall
{
    QString id;      //!< stable: "calls"
    QString title;   //!< "System calls"
    QString stops;   //!< a sentence: what it holds back
    QString failure; //!< a sentence: what a failure means
    QString mend;    //!< a sentence: what to do about one
};

struct WallReport
{
    enum class Grade {
        Holds,  //!< every probe held
        Open,   //!< one did not
        Untried //!< none was open, but one could not be tried, which is no better
    };

    Wall wall;
    QList<Probe> probes;

    [[nodiscard]] Grade grade() const;
    [[nodiscard]] qsizetype held() const;
    [[nodiscard]] QJsonObject toJson() const;
};

[[nodiscard]] QString toString(WallReport::Grade grade); //!< "holds", "open", "untried"

//! Every wall there is, in the order in which they are shown.
[[nodiscard]] const QList<Wall> &walls();

/*!
    The lines that isol8-walls wrote about the wall \a id. They come from a sandbox whose walls are in doubt: what is no
   such line counts as an untried probe, and more than a thousand are not looked at. Pure.
*/
[[nodiscard]] QList<Probe> readProbes(const QByteArray &output, const QString &id);

} // namespace isol8
