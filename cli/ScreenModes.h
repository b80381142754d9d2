// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QByteArrayView>

#include <set>

namespace isol8::cli {

/*!
    What a program has switched on in the terminal that shows its output (the other screen, mouse reports, a hidden
    cursor, colours), so that it can be switched off when the program died without doing so. Follows the bytes; changes
    none of them.
*/
class ScreenModes
{
public:
    void follow(QByteArrayView output);
    //! What brings the terminal back; empty where nothing is left on.
    [[nodiscard]] QByteArray undo() const;

private:
    void step(char c);
    void command(char last);
    void reset();

    enum class State { Text, Escape, Charset, Control, String, StringEscape };
    State m_state = State::Text;
    QByteArray m_parameters;
    std::set<int> m_modes;    //!< DEC private modes that are not as a terminal begins
    bool m_keypad = false;    //!< in application mode
    bool m_otherKeys = false; //!< xterm's modifyOtherKeys
    bool m_charset = false;   //!< G0 is not ASCII
    bool m_style = false;     //!< colours and the like
};

} // namespace isol8::cli
