// SPDX-License-Identifier: GPL-3.0-or-later
#include <desktop/output/TerminalScreen.h>

#include <desktop/output/TerminalColours.h>

#include <vterm.h>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace isol8::desktop {

namespace {

VTermModifier modifierOf(Qt::KeyboardModifiers modifiers)
{
    int value = VTERM_MOD_NONE;
    if (modifiers & Qt::ShiftModifier)
        value |= VTERM_MOD_SHIFT;
    if (modifiers & Qt::AltModifier)
        value |= VTERM_MOD_ALT;
    if (modifiers & Qt::ControlModifier)
        value |= VTERM_MOD_CTRL;
    return VTermModifier(value);
}

VTermKey keyOf(int key)
{
    switch (key) {
    case Qt::Key_Return:
    case Qt::Key_Enter:
        return VTERM_KEY_ENTER;
    case Qt::Key_Tab:
    case Qt::Key_Backtab:
        return VTERM_KEY_TAB;
    case Qt::Key_Backspace:
        return VTERM_KEY_BACKSPACE;
    case Qt::Key_Escape:
        return VTERM_KEY_ESCAPE;
    case Qt::Key_Up:
        return VTERM_KEY_UP;
    case Qt::Key_Down:
        return VTERM_KEY_DOWN;
    case Qt::Key_Left:
        return VTERM_KEY_LEFT;
    case Qt::Key_Right:
        return VTERM_KEY_RIGHT;
    case Qt::Key_Insert:
        return VTERM_KEY_INS;
    case Qt::Key_Delete:
        return VTERM_KEY_DEL;
    case Qt::Key_Home:
        return VTERM_KEY_HOME;
    case Qt::Key_End:
        return VTERM_KEY_END;
    case Qt::Key_PageUp:
        return VTERM_KEY_PAGEUP;
    case Qt::Key_PageDown:
        return VTERM_KEY_PAGEDOWN;
    default:
        return key >= Qt::Key_F1 && key <= Qt::Key_F12 ? VTermKey(VTERM_KEY_FUNCTION(key - Qt::Key_F1 + 1))
                                                       : VTERM_KEY_NONE;
    }
}

// Palette colours are kept as their number until it is known what they stand on.
QColor packed(const VTermColor &colour)
{
    if (VTERM_COLOR_IS_DEFAULT_FG(&colour) || VTERM_COLOR_IS_DEFAULT_BG(&colour))
        return {};
    if (VTERM_COLOR_IS_INDEXED(&colour))
        return QColor(0, 0, colour.indexed.idx, 1);
    return QColor(colour.rgb.red, colour.rgb.green, colour.rgb.blue);
}

QColor unpacked(const QColor &colour, bool dark)
{
    return colour.isValid() && colour.alpha() == 1 ? terminalColour(colour.blue(), dark) : colour;
}

TerminalCell cellOf(const VTermScreenCell &from)
{
    TerminalCell cell;
    for (const uint32_t c : from.chars) {
        if (c == 0 || c == uint32_t(-1))
            break;
        const char32_t character = c;
        cell.text += QString::fromUcs4(&character, 1);
    }
    cell.foreground = packed(from.fg);
    cell.background = packed(from.bg);
    cell.width = std::max<int>(1, from.width);
    cell.bold = from.attrs.bold;
    cell.italic = from.attrs.italic;
    cell.underline = from.attrs.underline != 0;
    cell.inverse = from.attrs.reverse;
    return cell;
}

} // namespace

class TerminalScreen::Private
{
public:
    explicit Private(TerminalScreen *owner)
        : q(owner)
        , terminal(vterm_new(owner->m_size.height(), owner->m_size.width()))
        , view(vterm_obtain_screen(terminal))
    {
        vterm_set_utf8(terminal, 1);
        static const VTermScreenCallbacks callbacks = [] {
            VTermScreenCallbacks all{};
            all.movecursor = [](VTermPos position, VTermPos, int, void *user) {
                static_cast<TerminalScreen *>(user)->m_cursor = {position.col, position.row};
                return 1;
            };
            all.settermprop = [](VTermProp property, VTermValue *value, void *user) {
                if (property == VTERM_PROP_CURSORVISIBLE)
                    static_cast<TerminalScreen *>(user)->m_cursorVisible = value->boolean != 0;
                return 1;
            };
            all.sb_pushline = [](int columns, const VTermScreenCell *cells, void *user) {
                auto *screen = static_cast<TerminalScreen *>(user);
                TerminalRow row;
                row.reserve(columns);
                for (int i = 0; i < columns; ++i)
                    row.append(cellOf(cells[i]));
                screen->m_history.push_back(std::move(row));
                if (screen->m_history.size() > MaxHistory)
                    screen->m_history.pop_front();
                return 1;
            };
            return all;
        }();
        vterm_screen_set_callbacks(view, &callbacks, q);
        vterm_screen_enable_altscreen(view, 1);
        vterm_output_set_callback(
            terminal,
            [](const char *bytes, size_t size, void *user) {
                auto *screen = static_cast<TerminalScreen *>(user);
                if (screen->send)
                    screen->send(QByteArray(bytes, qsizetype(size)));
            },
            q);
        vterm_screen_reset(view, 1);
    }
    ~Private() { vterm_free(terminal); }
    Q_DISABLE_COPY_MOVE(Private)

    TerminalScreen *q;
    VTerm *terminal;
    VTermScreen *view;
};

TerminalScreen::TerminalScreen()
    : d(std::make_unique<Private>(this))
{
}

TerminalScreen::~TerminalScreen() = default;

void TerminalScreen::write(const QByteArray &bytes)
{
    vterm_input_write(d->terminal, bytes.constData(), size_t(bytes.size()));
    vterm_screen_flush_damage(d->view);
}

void TerminalScreen::resize(QSize size)
{
    m_size = {std::clamp(size.width(), 2, 1000), std::clamp(size.height(), 1, 500)};
    vterm_set_size(d->terminal, m_size.height(), m_size.width());
}

void TerminalScreen::reset()
{
    m_history.clear();
    vterm_screen_reset(d->view, 1);
    m_cursorVisible = true;
}

bool TerminalScreen::key(int key, Qt::KeyboardModifiers modifiers, const QString &text)
{
    if (const VTermKey special = keyOf(key); special != VTERM_KEY_NONE) {
        vterm_keyboard_key(d->terminal, special, modifierOf(modifiers));
        return true;
    }
    if ((modifiers & Qt::ControlModifier) && key >= Qt::Key_A && key <= Qt::Key_Z) {
        vterm_keyboard_unichar(d->terminal, uint32_t(key - Qt::Key_A + 'a'), VTERM_MOD_CTRL);
        return true;
    }
    if (text.isEmpty() || text.at(0).unicode() < 0x20)
        return false;
    for (const uint c : text.toUcs4())
        vterm_keyboard_unichar(d->terminal, c, modifiers & Qt::AltModifier ? VTERM_MOD_ALT : VTERM_MOD_NONE);
    return true;
}

void TerminalScreen::paste(const QString &text)
{
    vterm_keyboard_start_paste(d->terminal);
    for (const uint c : text.toUcs4()) {
        if (c == '\n')
            vterm_keyboard_key(d->terminal, VTERM_KEY_ENTER, VTERM_MOD_NONE);
        else
            vterm_keyboard_unichar(d->terminal, c, VTERM_MOD_NONE);
    }
    vterm_keyboard_end_paste(d->terminal);
}

TerminalRow TerminalScreen::row(qsizetype index, bool dark) const
{
    TerminalRow row;
    if (index < scrolledOff()) {
        row = m_history[size_t(index)];
    } else {
        for (int column = 0; column < m_size.width(); ++column) {
            VTermScreenCell cell;
            if (vterm_screen_get_cell(d->view, {int(index - scrolledOff()), column}, &cell))
                row.append(cellOf(cell));
        }
    }
    for (TerminalCell &cell : row) {
        cell.foreground = unpacked(cell.foreground, dark);
        cell.background = unpacked(cell.background, dark);
    }
    return row;
}

QString TerminalScreen::screenText() const
{
    QString text;
    for (qsizetype i = scrolledOff(); i < scrolledOff() + m_size.height(); ++i) {
        for (const TerminalCell &cell : row(i, false))
            text += cell.text.isEmpty() ? u" "_s : cell.text.left(1);
        text += u'\n';
    }
    return text;
}

QString TerminalScreen::text() const
{
    QStringList lines;
    for (qsizetype i = 0; i < scrolledOff() + m_size.height(); ++i) {
        QString line;
        for (const TerminalCell &cell : row(i, false))
            line += cell.text.isEmpty() ? u" "_s : cell.text;
        while (line.endsWith(u' '))
            line.chop(1);
        lines.append(line);
    }
    return lines.join(u'\n').trimmed();
}

} // namespace isol8::desktop
