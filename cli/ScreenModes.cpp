// SPDX-License-Identifier: GPL-3.0-or-later
#include <cli/ScreenModes.h>

#include <QByteArrayList>
#include <QString>

#include <algorithm>
#include <cstring>

namespace isol8::cli {

namespace {

constexpr qsizetype LongestParameters = 64;

// Those that a terminal begins with; the others that we know begin off.
constexpr int On[] = {7, 25};
constexpr int Off[] = {1, 5, 6, 9, 47, 1000, 1001, 1002, 1003, 1004, 1005, 1006, 1015, 1016, 1047, 1049, 2004, 2026};

bool contains(const auto &numbers, int number)
{
    return std::find(std::begin(numbers), std::end(numbers), number) != std::end(numbers);
}

} // namespace

void ScreenModes::follow(QByteArrayView output)
{
    for (qsizetype i = 0; i < output.size(); ++i) {
        if (m_state == State::Text) {
            const auto *escape =
                static_cast<const char *>(std::memchr(output.data() + i, '\x1b', size_t(output.size() - i)));
            if (!escape)
                return;
            i = escape - output.data();
        }
        step(output[i]);
    }
}

void ScreenModes::step(char c)
{
    if (c == '\x1b') {
        m_state = m_state == State::String ? State::StringEscape : State::Escape;
        return;
    }
    if (c == '\x18' || c == '\x1a') { // CAN, SUB
        m_state = State::Text;
        return;
    }
    switch (m_state) {
    case State::Text:
        break;
    case State::Escape:
    case State::StringEscape:
        m_state = State::Text;
        if (c == '[') {
            m_parameters.clear();
            m_state = State::Control;
        } else if (c == ']' || c == 'P' || c == 'X' || c == '^' || c == '_') {
            m_state = State::String;
        } else if (c == '(') {
            m_state = State::Charset;
        } else if (c == '=' || c == '>') {
            m_keypad = c == '=';
        } else if (c == 'c') {
            reset();
        }
        break;
    case State::Charset:
        m_charset = c != 'B';
        m_state = State::Text;
        break;
    case State::Control:
        if (c >= '@' && c <= '~') {
            m_state = State::Text;
            command(c);
        } else if (c >= ' ' && m_parameters.size() < LongestParameters) {
            m_parameters.append(c);
        }
        break;
    case State::String:
        if (c == '\a')
            m_state = State::Text;
        break;
    }
}

void ScreenModes::command(char last)
{
    if (last == 'm' && (m_parameters.isEmpty() || (m_parameters[0] >= '0' && m_parameters[0] <= ';'))) {
        m_style = !(m_parameters.isEmpty() || m_parameters == "0");
    } else if (last == 'm' && m_parameters.startsWith(">4")) {
        m_otherKeys = m_parameters.startsWith(">4;") && m_parameters.sliced(3).toInt() > 0;
    } else if (last == 'p' && m_parameters == "!") {
        m_modes.erase(25);
        m_modes.erase(1);
        m_keypad = m_charset = m_style = m_otherKeys = false;
    } else if ((last == 'h' || last == 'l') && m_parameters.startsWith('?')) {
        const QByteArrayList numbers = m_parameters.sliced(1).split(';');
        for (const QByteArray &text : numbers) {
            const int number = text.toInt();
            if (!contains(On, number) && !contains(Off, number))
                continue;
            if (contains(On, number) == (last == 'h'))
                m_modes.erase(number);
            else
                m_modes.insert(number);
        }
    }
}

void ScreenModes::reset()
{
    m_modes.clear();
    m_keypad = m_charset = m_style = m_otherKeys = false;
}

QByteArray ScreenModes::undo() const
{
    QByteArray text;
    if (m_state != State::Text)
        text += m_state == State::String ? "\x1b\\" : "\x18";
    for (const int mode : m_modes)
        text += "\x1b[?" + QByteArray::number(mode) + (contains(On, mode) ? 'h' : 'l');
    if (m_keypad)
        text += "\x1b>";
    if (m_otherKeys)
        text += "\x1b[>4m";
    if (m_charset)
        text += "\x1b(B";
    if (m_style)
        text += "\x1b[0m";
    return text;
}

} // namespace isol8::cli
