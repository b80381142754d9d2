// SPDX-License-Identifier: GPL-3.0-or-later
#include <desktop/core/KeyStore.h>

#include <isol8/base/Paths.h>
#include <isol8/base/Units.h>

#include <qt6keychain/keychain.h>

#include <QFile>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTimer>

#include <sodium.h>

using namespace Qt::StringLiterals;

namespace isol8::desktop {

namespace {

unsigned char *bytes(QByteArray &array)
{
    return reinterpret_cast<unsigned char *>(array.data());
}

const unsigned char *bytes(const QByteArray &array)
{
    return reinterpret_cast<const unsigned char *>(array.constData());
}

QString service()
{
    return u"isol8-desktop"_s;
}

} // namespace

QByteArray sealed(const QByteArray &plain, const QByteArray &key)
{
    if (sodium_init() < 0 || key.size() != crypto_secretbox_KEYBYTES)
        return {};
    QByteArray box(crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES + plain.size(), Qt::Uninitialized);
    randombytes_buf(box.data(), crypto_secretbox_NONCEBYTES);
    crypto_secretbox_easy(bytes(box) + crypto_secretbox_NONCEBYTES, bytes(plain), quint64(plain.size()), bytes(box),
                          bytes(key));
    return box;
}

QByteArray unsealed(const QByteArray &box, const QByteArray &key)
{
    constexpr qsizetype Head = crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES;
    if (sodium_init() < 0 || key.size() != crypto_secretbox_KEYBYTES || box.size() < Head)
        return {};
    QByteArray plain(box.size() - Head, Qt::Uninitialized);
    if (crypto_secretbox_open_easy(bytes(plain), bytes(box) + crypto_secretbox_NONCEBYTES,
                                   quint64(box.size() - crypto_secretbox_NONCEBYTES), bytes(box), bytes(key)) != 0)
        return {};
    return plain;
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
    if (const auto key = readFile(keyPath, 1024); key && key->size() == crypto_secretbox_KEYBYTES)
        return *key;
    QByteArray fresh(crypto_secretbox_KEYBYTES, Qt::Uninitialized);
    if (sodium_init() < 0)
        return fail(errors::Internal, u"No random numbers can be had from this system."_s);
    randombytes_buf(fresh.data(), size_t(fresh.size()));
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
    return writeFileAtomically(path(), sealed(QJsonDocument(all).toJson(), *key), 0600);
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
        if (job->error() == QKeychain::NoError && QFile::exists(path()))
            (void)writeToFile(id, {}); // of a time without a keychain
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
