// SPDX-License-Identifier: GPL-3.0-or-later
#include <desktop/core/KeyStore.h>

#include <isol8/base/Paths.h>
#include <isol8/base/Units.h>

#include <qt6keychain/keychain.h>

#include <QFile>
#include <QJsonDocument>
#include <QJsonObject>
#include <QMessageAuthenticationCode>
#include <QRandomGenerator>
#include <QTimer>

using namespace Qt::StringLiterals;

namespace isol8::desktop {

namespace {

constexpr qsizetype NonceSize = 16;
constexpr qsizetype TagSize = 32;

QByteArray hmac(const QByteArray &key, const QByteArray &data)
{
    return QMessageAuthenticationCode::hash(data, key, QCryptographicHash::Sha256);
}

QByteArray keyStream(const QByteArray &key, const QByteArray &nonce, qsizetype size)
{
    const QByteArray cipherKey = hmac(key, "cipher");
    QByteArray stream;
    for (quint32 block = 0; stream.size() < size; ++block)
        stream += hmac(cipherKey, nonce + QByteArray::number(block));
    return stream.left(size);
}

QByteArray exclusiveOr(QByteArray data, const QByteArray &stream)
{
    for (qsizetype i = 0; i < data.size(); ++i)
        data[i] = char(data.at(i) ^ stream.at(i));
    return data;
}

QByteArray randomBytes(qsizetype size)
{
    QByteArray bytes(size, Qt::Uninitialized);
    for (char &c : bytes)
        c = char(QRandomGenerator::system()->generate() & 0xff);
    return bytes;
}

QString service()
{
    return u"isol8-desktop"_s;
}

} // namespace

QByteArray sealed(const QByteArray &plain, const QByteArray &key, const QByteArray &nonce)
{
    const QByteArray body = nonce + exclusiveOr(plain, keyStream(key, nonce, plain.size()));
    return body + hmac(hmac(key, "seal"), body);
}

QByteArray unsealed(const QByteArray &box, const QByteArray &key)
{
    if (box.size() < NonceSize + TagSize)
        return {};
    const QByteArray body = box.left(box.size() - TagSize);
    const QByteArray tag = hmac(hmac(key, "seal"), body);
    if (tag != box.right(TagSize))
        return {};
    const QByteArray text = body.mid(NonceSize);
    return exclusiveOr(text, keyStream(key, body.left(NonceSize), text.size()));
}

KeyStore::KeyStore(QString folder, Place place, QObject *parent)
    : QObject(parent)
    , m_folder(std::move(folder))
    , m_place(place)
{
}

QString KeyStore::path() const
{
    return m_folder + u"/keys.sealed"_s;
}

Result<QByteArray> KeyStore::fileKey() const
{
    const QString keyPath = m_folder + u"/keys.key"_s;
    if (const auto key = readFile(keyPath, 1024); key && key->size() == 32)
        return *key;
    const QByteArray fresh = randomBytes(32);
    if (const auto written = writeFileAtomically(keyPath, fresh, 0600); !written)
        return fail(written.error());
    return fresh;
}

QByteArray KeyStore::readFromFile(const QString &id)
{
    const auto key = fileKey();
    const auto box = readFile(path(), 1 * MiB);
    if (!key || !box)
        return {};
    const QString text = QJsonDocument::fromJson(unsealed(*box, *key)).object().value(id).toString();
    m_inFile = m_inFile || !text.isEmpty();
    return text.toUtf8();
}

Result<void> KeyStore::writeToFile(const QString &id, const QByteArray &secret)
{
    const auto key = fileKey();
    if (!key)
        return fail(key.error());
    QJsonObject all;
    if (const auto box = readFile(path(), 1 * MiB))
        all = QJsonDocument::fromJson(unsealed(*box, *key)).object();
    if (secret.isEmpty())
        all.remove(id);
    else
        all.insert(id, QString::fromUtf8(secret));
    m_inFile = m_inFile || !secret.isEmpty();
    return writeFileAtomically(path(), sealed(QJsonDocument(all).toJson(), *key, randomBytes(NonceSize)), 0600);
}

void KeyStore::read(const QString &id, Callback<QByteArray> done)
{
    if (m_place == Place::FileOnly) {
        QTimer::singleShot(0, this, [this, id, done] { done(readFromFile(id)); });
        return;
    }
    auto *job = new QKeychain::ReadPasswordJob(service(), this);
    job->setKey(id);
    connect(job, &QKeychain::Job::finished, this,
            [this, id, job, done] { done(job->error() == QKeychain::NoError ? job->binaryData() : readFromFile(id)); });
    job->start();
}

void KeyStore::write(const QString &id, const QByteArray &key, Callback<void> done)
{
    if (m_place == Place::FileOnly) {
        QTimer::singleShot(0, this, [this, id, key, done] { done(writeToFile(id, key)); });
        return;
    }
    auto *job = new QKeychain::WritePasswordJob(service(), this);
    job->setKey(id);
    job->setBinaryData(key);
    connect(job, &QKeychain::Job::finished, this, [this, id, key, job, done] {
        done(job->error() == QKeychain::NoError ? Result<void>() : writeToFile(id, key));
    });
    job->start();
}

void KeyStore::remove(const QString &id)
{
    if (QFile::exists(path()))
        (void)writeToFile(id, {});
    if (m_place == Place::FileOnly)
        return;
    auto *job = new QKeychain::DeletePasswordJob(service(), this);
    job->setKey(id);
    job->start();
}

} // namespace isol8::desktop
