// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/execution/Installation.h>

#include <isol8/docker/Client.h>
#include <isol8/execution/RunHost.h>
#include <isol8/registry/Registries.h>
#include <isol8/sandbox/Sandbox.h>

#include <QTimer>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace isol8 {

Installation::Installation(RunHost *host, Sandbox *sandbox, QStringList packages, QObject *parent)
    : QObject(parent)
    , m_host(host)
    , m_sandbox(sandbox)
    , m_packages(std::move(packages))
{
    connect(m_sandbox, &Sandbox::doorSet, this, [this](bool asAsked) {
        if (!asAsked)
            Q_EMIT failed(
                {errors::WallMissing.toString(),
                 m_ending ? u"The sandbox's door cannot be shut behind the installer; the program is not started."_s
                          : u"The sandbox's door cannot be opened for the installer."_s,
                 {}});
        else if (m_ending)
            Q_EMIT ended();
        else
            Q_EMIT prepared();
    });
}

Installation::~Installation() = default;

// The image by its id: what is cached for another one of that name is another install.
void Installation::prepare()
{
    m_host->client()->inspectImage(m_sandbox->spec().image, {this, [this](const Result<QJsonObject> &image) {
                                                                 if (image)
                                                                     imageKnown(image->value(u"Id"_s).toString());
                                                                 else
                                                                     Q_EMIT failed(image.error());
                                                             }});
}

void Installation::imageKnown(const QString &id)
{
    if (!m_sandbox)
        return; // the run was cancelled meanwhile
    m_install = m_host->registries()->install(m_sandbox->spec().runtime, id, m_packages);
    setDoor(true);
}

void Installation::setDoor(bool open)
{
    if (!m_sandbox)
        return;
    if (m_sandbox->spec().network == Network::None)
        m_sandbox->setDoorOpen(open);
    else
        QTimer::singleShot(0, this, open ? &Installation::prepared : &Installation::ended);
}

void Installation::complete(guest::RunMessage *installer) const
{
    const auto more = m_install->environment();
    for (auto it = more.cbegin(); it != more.cend(); ++it) {
        const std::string start = it.key().toStdString() + '=';
        std::erase_if(installer->env, [&](const std::string &variable) { return variable.starts_with(start); });
        installer->env.push_back(start + it.value().toStdString());
    }
}

QMap<QByteArray, egress::Origin *> Installation::origins() const
{
    return m_install->origins();
}

void Installation::end(bool success)
{
    m_ending = true;
    if (success)
        m_install->succeeded();
    setDoor(false);
}

QStringList Installation::problems() const
{
    return m_install ? m_install->problems() : QStringList();
}

} // namespace isol8
