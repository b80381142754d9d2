// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>

#include <cstdio>
#include <numeric>

namespace isol8::test {

//! A small ustar archive, for root file systems and build contexts of tests.
class Tar
{
public:
    void addFile(const QByteArray &path, const QByteArray &content, uint mode = 0644)
    {
        add(path, '0', mode, content.size());
        m_bytes += content;
        m_bytes.append((512 - content.size() % 512) % 512, '\0');
    }
    void addFolder(const QByteArray &path, uint mode = 0755) { add(path + '/', '5', mode, 0); }
    [[nodiscard]] QByteArray bytes() const { return m_bytes + QByteArray(1024, '\0'); }

private:
    void add(const QByteArray &path, char type, uint mode, qsizetype size)
    {
        QByteArray header(512, '\0');
        const auto put = [&](qsizetype at, const QByteArray &text) { header.replace(at, text.size(), text); };
        const auto octal = [](quint64 value, int digits) {
            return QByteArray::number(value, 8).rightJustified(digits, '0');
        };
        put(0, path);
        put(100, octal(mode, 7));
        put(108, octal(0, 7));
        put(116, octal(0, 7));
        put(124, octal(static_cast<quint64>(size), 11));
        put(136, octal(0, 11));
        put(148, "        ");
        header[156] = type;
        put(257, "ustar");
        put(263, "00");
        const int sum = std::accumulate(header.begin(), header.end(), 0,
                                        [](int all, char c) { return all + static_cast<unsigned char>(c); });
        put(148, octal(static_cast<quint64>(sum), 6) + '\0');
        m_bytes += header;
    }

    QByteArray m_bytes;
};

} // namespace isol8::test
