// SPDX-License-Identifier: GPL-3.0-or-later
/*
    Bytes pass three stations: SecretScanner (secrets become "***"), Utf8Sanitizer (valid UTF-8), LimitedText (the
    limit). In this order a secret is found before the cut can hide a part of it from the scanner, and the limit counts
   what is shown.
*/
#include <isol8/output/OutputFilter.h>

#include <isol8/output/SecretScanner.h>
#include <isol8/output/Utf8Sanitizer.h>

#include <algorithm>

namespace isol8 {

class OutputFilter::Private final : public ByteSink
{
public:
    Private(std::shared_ptr<const SecretPatterns> secrets, qint64 bytes, Form outputForm)
        : form(outputForm)
        , patterns(std::move(secrets))
        , scanner(patterns && patterns->longest() > 0 ? std::make_unique<SecretScanner>(patterns->d.get()) : nullptr)
        , limit(std::max<qint64>(bytes, 0))
        , text(limit)
    {
    }

    void put(QByteArrayView bytes) override
    {
        if (form == Form::Raw) { // no characters that could be kept whole
            const auto fits = qsizetype(std::min<qint64>(bytes.size(), text.room()));
            text.append(bytes.first(fits));
            text.append(bytes.sliced(fits));
        } else if (!text.isFull()) {
            sanitizer.feed(bytes, text);
        }
    }

    Form form;
    std::shared_ptr<const SecretPatterns> patterns;
    std::unique_ptr<SecretScanner> scanner; // none without secrets
    Utf8Sanitizer sanitizer;
    qint64 limit;
    LimitedText text;
    bool cut = false;
    bool finished = false;
};

OutputFilter::OutputFilter(std::shared_ptr<const SecretPatterns> secrets, qint64 limit, Form form)
    : d(std::make_unique<Private>(std::move(secrets), limit, form))
{
}

OutputFilter::~OutputFilter() = default;

QByteArray OutputFilter::feed(QByteArrayView data)
{
    if (d->text.isFull() || d->finished)
        return {};
    d->text.reserve(qsizetype(std::min<qint64>(data.size(), d->text.room())));
    if (d->scanner)
        d->scanner->feed(data, *d);
    else
        d->put(data);
    return d->text.take();
}

bool OutputFilter::isHolding() const
{
    return d->scanner && !d->finished && !d->text.isFull() && d->scanner->isHolding();
}

QByteArray OutputFilter::pause()
{
    if (isHolding())
        d->scanner->pause(*d);
    return d->text.take();
}

QByteArray OutputFilter::finish(bool cut)
{
    if (d->finished)
        return {};
    d->finished = true;
    d->cut = cut;
    if (d->scanner && !d->text.isFull())
        d->scanner->finish(cut, *d);
    d->sanitizer.finish(cut, d->text);
    QByteArray rest = d->text.take();
    if (!truncated())
        return rest;
    if (!d->text.atLineStart())
        rest += '\n';
    return rest + "[isol8: output truncated at " + QByteArray::number(d->limit) + " bytes]\n";
}

bool OutputFilter::truncated() const
{
    return d->cut || d->text.isFull();
}

} // namespace isol8
