// SPDX-License-Identifier: GPL-3.0-or-later
/*
    Built level by level from the sorted patterns: a node is a range of patterns that share a prefix, so its children
    are the runs of equal next bytes, in order, and land side by side.
*/
#include <isol8/output/PatternAutomaton.h>

#include <algorithm>

namespace isol8 {

PatternAutomaton::PatternAutomaton(const QList<QByteArray> &patterns)
{
    const QList<QByteArray> sorted = [&] {
        QList<QByteArray> list = patterns;
        std::sort(list.begin(), list.end());
        return list;
    }();
    size_t nodes = 1; // a pattern adds what it does not share with the one before it
    for (qsizetype i = 0; i < sorted.size(); ++i) {
        const QByteArray before = i > 0 ? sorted[i - 1] : QByteArray();
        const auto differ = std::mismatch(sorted[i].begin(), sorted[i].end(), before.begin(), before.end());
        nodes += size_t(sorted[i].end() - differ.first);
    }
    struct Range
    {
        quint32 begin;
        quint32 end;
    };
    std::vector<Range> ranges; // of each node
    std::vector<State> parents;
    ranges.reserve(nodes);
    parents.reserve(nodes);
    m_nodes.reserve(nodes);
    ranges.push_back({0, quint32(sorted.size())});
    parents.push_back(Start);

    for (State at = 0; at < m_nodes.size(); ++at) {
        Range range = ranges[at];
        const quint32 depth = m_nodes[at].depth;
        while (range.begin < range.end && sorted[range.begin].size() == qsizetype(depth))
            ++range.begin; // patterns that end here sort first
        m_nodes[at].firstChild = State(m_nodes.size());
        while (range.begin < range.end) {
            const auto byte = uchar(sorted[range.begin][qsizetype(depth)]);
            quint32 end = range.begin;
            bool ends = false;
            while (end < range.end && uchar(sorted[end][qsizetype(depth)]) == byte) {
                ends = ends || sorted[end].size() == qsizetype(depth) + 1;
                ++end;
            }
            Node child;
            child.depth = depth + 1;
            child.byte = byte;
            child.match = ends ? depth + 1 : 0;
            m_nodes.push_back(child);
            ++m_nodes[at].children;
            ranges.push_back({range.begin, end});
            parents.push_back(at);
            range.begin = end;
        }
    }
    for (State at = 1; at < m_nodes.size(); ++at) {
        Node &node = m_nodes[at];
        if (parents[at] == Start)
            m_roots[node.byte] = at; // its shorter end is the empty one
        else
            node.shorter = step(m_nodes[parents[at]].shorter, char(node.byte));
        if (node.match == 0)
            node.match = m_nodes[node.shorter].match;
    }
}

} // namespace isol8
