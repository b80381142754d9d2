// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/sandbox/GuestDelivery.h>

#include <isol8/docker/Client.h>
#include <isol8/guest/GuestFiles.h>

#include <QBuffer>
#include <QCryptographicHash>
#include <QJsonArray>
#include <QSet>
#include <QTimer>

#include <cstdio>
#include <cstring>

using namespace Qt::StringLiterals;

namespace isol8 {

namespace {

// One member of a tar archive (POSIX ustar), owned by root.
QByteArray tarMember(const QByteArray &name, char type, int mode, const QByteArray &content)
{
    QByteArray header(512, '\0');
    const auto field = [&](int offset, int width, qulonglong value) {
        std::snprintf(header.data() + offset, size_t(width), "%0*llo", width - 1, value);
    };
    std::memcpy(header.data(), name.constData(), size_t(qMin(name.size(), qsizetype(99))));
    field(100, 8, qulonglong(mode));
    field(108, 8, 0);
    field(116, 8, 0);
    field(124, 12, qulonglong(content.size()));
    field(136, 12, 0);
    std::memset(header.data() + 148, ' ', 8);
    header[156] = type;
    std::memcpy(header.data() + 257, "ustar\00000", 8);
    unsigned sum = 0;
    for (const char c : std::as_const(header))
        sum += static_cast<unsigned char>(c);
    std::snprintf(header.data() + 148, 8, "%06o", sum);
    QByteArray member = header + content;
    member.append(QByteArray((512 - member.size() % 512) % 512, '\0'));
    return member;
}

QString contentHash()
{
    QCryptographicHash hash(QCryptographicHash::Sha256);
    hash.addData(guestInit());
    hash.addData(guestHosts());
    for (const QByteArray &content : guestBoot())
        hash.addData(content);
    return QString::fromLatin1(hash.result().toHex().left(16));
}

} // namespace

GuestDelivery::GuestDelivery(docker::Client *client, QObject *parent)
    : QObject(parent)
    , m_client(client)
{
}

void GuestDelivery::prepare(Callback<SandboxIdentity> done)
{
    m_waiting.append(std::move(done));
    if (m_ready) {
        QTimer::singleShot(0, this, [this] { finish(m_identity); });
        return;
    }
    if (m_waiting.size() > 1)
        return;
    if (m_client->endpoint().kind == docker::Endpoint::Kind::Unix)
        QTimer::singleShot(0, this, &GuestDelivery::installFiles);
    else
        seedVolume();
}

void GuestDelivery::installFiles()
{
    const auto init = installGuestFile(GuestInitName);
    const auto hosts = installGuestFile(GuestHostsName);
    const auto boot = installGuestBoot();
    if (!init || !hosts || !boot) {
        finish(fail(!init ? init.error() : !hosts ? hosts.error() : boot.error()));
        return;
    }
    m_identity.initPath = *init;
    m_identity.bootPath = *boot;
    m_identity.hostsPath = *hosts;
    m_ready = true;
    finish(m_identity);
}

void GuestDelivery::seedVolume()
{
    const QString hash = contentHash();
    m_volume = u"isol8-guest-"_s + hash;
    m_seed = u"isol8-guest:"_s + hash;
    m_client->inspectImage(m_seed, {this, [this](const Result<QJsonObject> &image) {
                                        if (image)
                                            fillVolume();
                                        else
                                            importSeed();
                                    }});
}

void GuestDelivery::importSeed()
{
    QByteArray members = tarMember(".isol8/", '5', 0755, {}) + tarMember(".isol8/isol8-init", '0', 0555, guestInit()) +
                         tarMember(".isol8/hosts", '0', 0444, guestHosts()) + tarMember(".isol8/boot/", '5', 0755, {});
    const auto boot = guestBoot();
    QSet<QByteArray> folders;
    for (auto file = boot.cbegin(); file != boot.cend(); ++file) {
        const QByteArray name = ".isol8/boot/" + file.key().toLatin1();
        const QByteArray folder = ".isol8/boot/" + file.key().left(file.key().indexOf(u'/') + 1).toLatin1();
        if (file.key().contains(u'/') && !folders.contains(folder))
            members += tarMember(folder, '5', 0755, {});
        folders.insert(folder);
        members += tarMember(name, '0', 0444, file.value());
    }
    auto *tar = new QBuffer(this);
    tar->setData(members + QByteArray(1024, '\0'));
    tar->open(QIODevice::ReadOnly);
    docker::Job *job = m_client->importImage(tar, m_seed, {u"LABEL org.isol8.image=1"_s}, this);
    connect(job, &docker::Job::finished, this, [this, job, tar](const Error &error) {
        job->deleteLater();
        tar->deleteLater();
        if (error.code.isEmpty())
            fillVolume();
        else
            finish(fail(error));
    });
}

void GuestDelivery::fillVolume()
{
    // The daemon fills an empty named volume from the image when it creates a container with it. The container is never
    // started.
    const QJsonObject mount{{u"Type"_s, u"volume"_s}, {u"Source"_s, m_volume}, {u"Target"_s, u"/.isol8"_s}};
    const QJsonObject request{{u"Image"_s, m_seed},
                              {u"Cmd"_s, QJsonArray{u"/.isol8/isol8-init"_s}},
                              {u"Labels"_s, QJsonObject{{u"org.isol8"_s, u"seed"_s}}},
                              {u"NetworkDisabled"_s, true},
                              {u"HostConfig"_s, QJsonObject{{u"Mounts"_s, QJsonArray{mount}}}}};
    m_client->createContainer(request, {}, {this, [this](const Result<QString> &id) {
                                                if (!id) {
                                                    finish(fail(id.error()));
                                                    return;
                                                }
                                                m_client->removeContainer(*id,
                                                                          {this, [this](const Result<void> &result) {
                                                                               if (result)
                                                                                   findVolume();
                                                                               else
                                                                                   finish(fail(result.error()));
                                                                           }});
                                            }});
}

// Only a folder can be mounted as a volume: the one file for /etc is bound from where the daemon keeps the volume.
void GuestDelivery::findVolume()
{
    m_client->inspectVolume(m_volume, {this, [this](const Result<QJsonObject> &volume) {
                                           if (!volume) {
                                               finish(fail(volume.error()));
                                               return;
                                           }
                                           m_identity.guestVolume = m_volume;
                                           m_identity.hostsPath = (*volume)[u"Mountpoint"_s].toString() + u"/hosts"_s;
                                           m_ready = true;
                                           finish(m_identity);
                                       }});
}

void GuestDelivery::finish(const Result<SandboxIdentity> &outcome)
{
    for (const auto &waiting : std::exchange(m_waiting, {}))
        waiting(outcome);
}

} // namespace isol8
