// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/base/Error.h>

#include <QByteArray>
#include <QByteArrayView>
#include <QList>

#include <memory>

namespace isol8 {

/*!
    What must not be seen in output: each secret as it is, as base64 (standard and URL-safe, padded or not, at each of
    the three alignments), percent-encoded and JSON-escaped. Immutable, shared by both streams of a run.
*/
class SecretPatterns
{
public:
    //! bad_secret when one is shorter than 4 bytes. No secrets: nothing is masked, at no cost.
    [[nodiscard]] static Result<std::shared_ptr<const SecretPatterns>> compile(const QList<QByteArray> &secrets);

    //! Bytes of the longest pattern; 0 without secrets. What init passes on beyond the limit so that a secret at the
    //! cut is recognised.
    [[nodiscard]] qsizetype longest() const;
    //! All patterns replaced in a whole text (error messages and the like).
    [[nodiscard]] QByteArray mask(QByteArrayView text) const;

    ~SecretPatterns();
    class Private;
    explicit SecretPatterns(std::unique_ptr<Private> data);
    std::unique_ptr<Private> d;
};

/*!
    One stream of a program's output made presentable, chunk by chunk: secrets become "***" also across chunks, bytes
    that are not UTF-8 become U+FFFD while a character cut by a chunk's edge is joined, and after \a limit bytes the
   text ends with one line that says so. What the pieces add up to does not depend on how the input was cut.
*/
class OutputFilter
{
public:
    enum class Form {
        Text, //!< valid UTF-8
        Raw   //!< secrets are masked and the limit holds; else the bytes are as they came: what a terminal wants
    };
    OutputFilter(std::shared_ptr<const SecretPatterns> secrets, qint64 limit, Form form = Form::Text);
    ~OutputFilter();

    //! Text (valid UTF-8, unless it is raw) that may be shown now; may be empty, may lag behind the input by an
    //! unfinished character or possible secret.
    [[nodiscard]] QByteArray feed(QByteArrayView data);
    //! Whether bytes are held back since a secret may begin with them.
    [[nodiscard]] bool isHolding() const;
    /*!
        What may be shown of them when nothing comes for a while, as behind a prompt: at most the first quarter of a
        secret, and never more than three bytes. Where it turns out to be one, these stay visible and "***" stands for
        the rest.
    */
    [[nodiscard]] QByteArray pause();
    //! The rest at the stream's end. \a cut: the source dropped bytes after what was fed, so an unfinished match counts
    //! as a secret, and the text is truncated. The line about truncation is in what this returns.
    [[nodiscard]] QByteArray finish(bool cut);
    [[nodiscard]] bool truncated() const;

private:
    class Private;
    std::unique_ptr<Private> d;
};

} // namespace isol8
