// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QList>

#include <array>
#include <vector>

namespace isol8 {

/*!
    Aho and Corasick's automaton over a set of byte strings. Its state after some text is the longest end of that text
    with which a pattern begins. Immutable; nodes are small (20 bytes) so that long secrets do not cost megabytes;
   states deep in a pattern have one successor mostly, so a step is a comparison.
*/
class PatternAutomaton
{
public:
    using State = quint32;
    static constexpr State Start = 0;

    PatternAutomaton() = default;
    explicit PatternAutomaton(const QList<QByteArray> &patterns);

    [[nodiscard]] State step(State state, char byte) const
    {
        const auto c = uchar(byte);
        while (state != Start) {
            const Node &node = m_nodes[state];
            for (quint32 i = node.firstChild, end = i + node.children; i != end; ++i)
                if (m_nodes[i].byte == c)
                    return i;
            state = node.shorter;
        }
        return m_roots[c];
    }
    //! Bytes of the pattern that has begun: the length of the longest end of the text that may become a match.
    [[nodiscard]] quint32 depth(State state) const { return m_nodes[state].depth; }
    //! Length of the longest pattern that ends here; 0: none.
    [[nodiscard]] quint32 match(State state) const { return m_nodes[state].match; }

private:
    struct Node
    {
        quint32 firstChild = 0; // children stand side by side
        quint32 shorter = 0;    // the state of the next shorter end of the text
        quint32 depth = 0;
        quint32 match = 0;
        quint16 children = 0;
        uchar byte = 0;
    };
    std::vector<Node> m_nodes{Node()};
    std::array<State, 256> m_roots{};
};

} // namespace isol8
