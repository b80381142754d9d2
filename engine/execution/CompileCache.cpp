// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/execution/CompileCache.h>

#include <QCryptographicHash>

namespace isol8 {

namespace {

QByteArray withOwner(const QString &owner, const QByteArray &key)
{
    return key + owner.toUtf8();
}

} // namespace

QByteArray CompileCache::key(const QString &image, const guest::RunMessage &compiler, const QByteArray &source)
{
    QCryptographicHash hash(QCryptographicHash::Sha256);
    for (const QByteArray &part : {image.toUtf8(), QByteArray::fromStdString(compiler.encode()), source}) {
        hash.addData(QByteArray(QByteArray::number(part.size()) + ':'));
        hash.addData(part);
    }
    return hash.result();
}

const QByteArray *CompileCache::find(const QString &owner, const QByteArray &key) const
{
    return m_programs.object(withOwner(owner, key));
}

void CompileCache::insert(const QString &owner, const QByteArray &key, const QByteArray &program)
{
    if (program.size() <= MaxProgram)
        m_programs.insert(withOwner(owner, key), new QByteArray(program), int(1 + program.size() / KiB));
}

} // namespace isol8
