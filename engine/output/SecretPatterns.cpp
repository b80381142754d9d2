// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/output/SecretPatternsPrivate.h>
#include <isol8/output/SecretScanner.h>
#include <isol8/output/SecretVariants.h>

#include <isol8/base/Units.h>

#include <QSet>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace isol8 {

namespace {

constexpr qsizetype ShortestSecret = 4;
constexpr qsizetype AllSecrets = 64 * KiB; // together; a bound on the automata's memory, some 30 MB
constexpr qsizetype ShortestLine = 60;     // encoders wrap base64 at 64 or 76

// All that the four bytes at the beginning of a base64 pattern can be, with line breaks in them.
void addWrapped(PatternFilter &filter, const QByteArray &pattern, std::array<char, 4> window, size_t filled,
                qsizetype used, int breaks)
{
    if (filled == window.size()) {
        filter.add(window.data());
        return;
    }
    window[filled] = pattern[used];
    addWrapped(filter, pattern, window, filled + 1, used + 1, 0);
    if (used == 0 || breaks == SecretPatterns::Private::LineBreak)
        return;
    for (const char lineBreak : {'\n', '\r'}) {
        window[filled] = lineBreak;
        addWrapped(filter, pattern, window, filled + 1, used, breaks + 1);
    }
}

class Collector final : public ByteSink
{
public:
    void put(QByteArrayView bytes) override { text.append(bytes); }
    QByteArray text;
};

} // namespace

SecretPatterns::Private::Private(const QList<QByteArray> &secrets)
{
    QSet<QByteArray> plainPatterns, base64Patterns;
    for (const QByteArray &secret : secrets) {
        for (const QByteArray &variant : SecretVariants::plain(secret))
            plainPatterns.insert(variant);
        for (const QByteArray &variant : SecretVariants::base64(secret))
            base64Patterns.insert(variant);
    }
    for (const QByteArray &pattern : std::as_const(plainPatterns)) {
        filter.add(pattern.constData());
        longest = std::max(longest, pattern.size());
        shortest = shortest ? std::min(shortest, pattern.size()) : pattern.size();
    }
    for (const QByteArray &pattern : std::as_const(base64Patterns)) {
        addWrapped(filter, pattern, {}, 0, 0, 0);
        longest = std::max(longest, pattern.size() + LineBreak * (pattern.size() / ShortestLine + 1));
        shortest = std::min(shortest, pattern.size());
    }
    plain = PatternAutomaton(plainPatterns.values());
    base64 = PatternAutomaton(base64Patterns.values());
}

SecretPatterns::SecretPatterns(std::unique_ptr<Private> data)
    : d(std::move(data))
{
}

SecretPatterns::~SecretPatterns() = default;

Result<std::shared_ptr<const SecretPatterns>> SecretPatterns::compile(const QList<QByteArray> &secrets)
{
    qsizetype all = 0;
    for (const QByteArray &secret : secrets) {
        if (secret.size() < ShortestSecret)
            return fail(
                errors::BadSecret,
                u"A secret is shorter than %1 bytes, so that hiding it would blank out ordinary text; use a longer one, or give it as a plain variable."_s
                    .arg(ShortestSecret));
        all += secret.size();
    }
    if (all > AllSecrets)
        return fail(
            errors::BadSecret,
            u"The secrets have %1 bytes together, but only %2 can be hidden; give large data as a file."_s.arg(all).arg(
                AllSecrets));
    return std::make_shared<const SecretPatterns>(std::make_unique<Private>(secrets));
}

qsizetype SecretPatterns::longest() const
{
    return d->longest;
}

QByteArray SecretPatterns::mask(QByteArrayView text) const
{
    if (d->longest == 0)
        return text.toByteArray();
    Collector collector;
    SecretScanner scanner(d.get());
    scanner.feed(text, collector);
    scanner.finish(false, collector);
    return collector.text;
}

} // namespace isol8
