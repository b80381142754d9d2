// SPDX-License-Identifier: GPL-3.0-or-later
#include "Functions.h"
#include "Kit.h"

#include <cli/IgnoreRules.h>
#include <cli/McpMessage.h>
#include <cli/ScreenModes.h>
#include <desktop/output/OutputDocument.h>
#include <isol8/base/ShellWords.h>
#include <isol8/base/Units.h>
#include <isol8/execution/Validate.h>
#include <isol8/guest/Glob.h>
#include <isol8/output/OutputFilter.h>
#include <isol8/runtime/PackageMatch.h>
#include <isol8/runtime/Packages.h>

using namespace Qt::StringLiterals;

namespace isol8::fuzz {

void words(QByteArrayView input)
{
    const QString text = QString::fromUtf8(input);
    if (const auto list = splitShellWords(text)) {
        const auto again = splitShellWords(quoteShellWords(*list));
        demand(again && *again == *list, "shell words: quoting loses something");
    }
    (void)parseSize(text);
    (void)parseDuration(text);
    for (const auto syntax : {PackageSyntax::Unknown, PackageSyntax::Npm, PackageSyntax::Pypi, PackageSyntax::Deno}) {
        const auto argument = packageArgument(syntax, text);
        demand(!argument || (!argument->startsWith(u'-') && !argument->isEmpty()), "package: an option");
    }
    const qsizetype half = input.size() / 2;
    (void)guest::matchName({input.data(), size_t(half)}, {input.data() + half, size_t(input.size() - half)});
}

// Lines: packages that there are, and the last one that is asked for.
void packages(QByteArrayView input)
{
    const QStringList lines = QString::fromUtf8(input).split(u'\n').mid(0, 8);
    for (const auto syntax : {PackageSyntax::Unknown, PackageSyntax::Npm, PackageSyntax::Pypi, PackageSyntax::Deno}) {
        // Others come no further than to packageArgument().
        QStringList list = lines;
        list.removeIf([&](const QString &name) { return !packageArgument(syntax, name); });
        const QStringList normal = normalPackages(syntax, list);
        demand(normalPackages(syntax, normal) == normal, "packages: the normal form is not normal");
        for (const QString &name : std::as_const(list)) {
            (void)packageServes(syntax, name, list.last());
            demand(packageServes(syntax, name, name), "packages: not served by itself");
        }
    }
}

// Lines: a path, then rules.
void ignoreRules(QByteArrayView input)
{
    const QString text = QString::fromUtf8(input);
    const qsizetype end = text.indexOf(u'\n');
    const QString path = text.left(std::min<qsizetype>(end < 0 ? text.size() : end, 4096));
    cli::IgnoreRules rules = cli::IgnoreRules::standard();
    const bool before = rules.ignores(path, true);
    if (end >= 0)
        rules.add(QStringView(text).sliced(end + 1));
    for (const bool isFolder : {false, true})
        (void)rules.ignores(path, isFolder);
    if (end < 0 || !text.contains(u'!', Qt::CaseSensitive))
        demand(!before || rules.ignores(path, true), "ignore: taken back without a '!'");
}

void outputFilter(QByteArrayView input)
{
    static const auto secrets = SecretPatterns::compile({"s3cret/key+", "0123456789abcdef"});
    const quint8 cut = cutOf(input);
    const qint64 limit = cut & 1 ? 64 : 1 << 20;
    QByteArray outs[2];
    for (int i = 0; i < 2; ++i) {
        OutputFilter filter(*secrets, limit);
        inPieces(input, i == 0 ? 0 : quint8(cut | 1), [&](QByteArrayView piece) {
            outs[i] += filter.feed(piece);
            return true;
        });
        outs[i] += filter.finish(false);
    }
    demand(outs[0] == outs[1], "output: cut matters");
    demand(outs[0].isValidUtf8(), "output: no UTF-8");
    demand(!outs[0].contains("s3cret/key+") && !outs[0].contains("0123456789abcdef"), "output: a secret shows");
}

// Lines: secrets, parted by tabs; then the output.
void secrets(QByteArrayView input)
{
    const quint8 cut = cutOf(input);
    const QByteArray text = input.toByteArray();
    const qsizetype end = text.indexOf('\n');
    if (end < 0)
        return;
    const QList<QByteArray> values = text.left(end).split('\t').mid(0, 4);
    const auto patterns = SecretPatterns::compile(values);
    if (!patterns)
        return;
    const QByteArrayView output = QByteArrayView(text).sliced(end + 1);
    QByteArray outs[2];
    for (int i = 0; i < 2; ++i) {
        OutputFilter filter(*patterns, cut & 1 ? 64 : 1 << 20, OutputFilter::Form::Raw);
        inPieces(output, i == 0 ? 0 : quint8(cut | 1), [&](QByteArrayView piece) {
            outs[i] += filter.feed(piece);
            return true;
        });
        outs[i] += filter.finish(false);
    }
    if (outs[0] != outs[1])
        std::fprintf(stderr, "fuzz: %s\nfuzz: %s\n", outs[0].toPercentEncoding().constData(),
                     outs[1].toPercentEncoding().constData());
    demand(outs[0] == outs[1], "secrets: cut matters");
    for (const QByteArray &value : values) {
        // What isol8 writes itself may be one, and what stands around it complete one.
        if (value.contains('*') || value.isEmpty())
            continue;
        demand(!(*patterns)->mask(output).contains(value), "secrets: one shows in a text");
        demand((cut & 1) || !outs[0].contains(value), "secrets: one shows in the output");
    }
}

void screenModes(QByteArrayView input)
{
    const quint8 cut = cutOf(input);
    cli::ScreenModes modes[2];
    for (int i = 0; i < 2; ++i) {
        inPieces(input, i == 0 ? 0 : quint8(cut | 1), [&](QByteArrayView piece) {
            modes[i].follow(piece);
            return true;
        });
    }
    demand(modes[0].undo() == modes[1].undo(), "screen: cut matters");
    const QByteArray undo = modes[0].undo();
    demand(undo.size() < 400, "screen: more to undo than there is");
    modes[0].follow(undo);
    demand(modes[0].undo().isEmpty(), "screen: does not undo everything");
}

void outputDocument(QByteArrayView input)
{
    const quint8 cut = cutOf(input);
    QString texts[2];
    for (int i = 0; i < 2; ++i) {
        desktop::OutputDocument document;
        const auto kind = desktop::OutputKind(cut & 1);
        if (i == 0) {
            document.append(kind, QString::fromUtf8(input).toUtf8());
        } else {
            // Characters come whole.
            QByteArray waiting;
            inPieces(QString::fromUtf8(input).toUtf8(), quint8(cut | 1), [&](QByteArrayView piece) {
                waiting += piece;
                if (waiting.isValidUtf8())
                    document.append(kind, std::exchange(waiting, {}));
                return true;
            });
        }
        for (qsizetype at = 0; at < document.lineCount(); ++at) {
            const desktop::OutputLine &line = document.line(at);
            demand(line.text.size() <= desktop::OutputDocument::MaxLine + 1, "output: a long line");
            for (qsizetype k = 1; k < line.spans.size(); ++k)
                demand(line.spans[k - 1].start <= line.spans[k].start, "output: spans out of order");
        }
        texts[i] = document.text();
    }
    demand(texts[0] == texts[1], "output: cut matters");
}

void mcpLines(QByteArrayView input)
{
    for (const QByteArray &line : input.toByteArray().split('\n')) {
        for (const cli::McpMessage &message : cli::readMcpLine(line)) {
            demand(message.id.isNull() || message.id.isString() || message.id.isDouble(), "mcp: an id that none is");
            demand((message.code == 0) == message.problem.isEmpty(), "mcp: refused without a word");
            demand(message.problem.size() < 200, "mcp: a long sentence");
        }
    }
}

} // namespace isol8::fuzz
