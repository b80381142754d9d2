// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/registry/RegistryOrigin.h>

#include <isol8/registry/RegistryReply.h>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace isol8::registry {

namespace {

QByteArray field(const QList<http::Header> &headers, QByteArrayView name)
{
    for (const http::Header &header : headers) {
        if (header.name.compare(name, Qt::CaseInsensitive) == 0)
            return header.value;
    }
    return {};
}

// One of ours instead of the sandbox's own words: a registry learns from it what it must, and nothing else.
QByteArray acceptFor(RegistryKind kind, bool metadata, const QByteArray &wanted)
{
    if (!metadata)
        return "*/*";
    if (kind == RegistryKind::Pypi)
        return wanted.contains("application/vnd.pypi.simple.v1+json")
                   ? "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.1, text/html;q=0.01"
                   : "text/html";
    return wanted.contains("application/vnd.npm.install-v1+json")
               ? "application/vnd.npm.install-v1+json; q=1.0, application/json; q=0.8, */*"
               : "application/json";
}

QByteArray condition(const QByteArray &value)
{
    const bool plain = std::all_of(value.begin(), value.end(), [](char c) { return c >= ' ' && c <= '~'; });
    return plain && value.size() <= 128 ? value : QByteArray();
}

} // namespace

InstallState::~InstallState()
{
    if (cache && !saved && statistics.fetched > 0)
        cache->prune();
}

void InstallState::addProblem(const QString &sentence)
{
    constexpr qsizetype Few = 8;
    if (problems.size() < Few && !problems.contains(sentence))
        problems.append(sentence);
}

RegistryOrigin::RegistryOrigin(RegistryKind kind, std::shared_ptr<InstallState> state)
    : m_kind(kind)
    , m_state(std::move(state))
{
}

std::unique_ptr<egress::OriginReply> RegistryOrigin::serve(const Request &request)
{
    const bool isHead = request.method == "HEAD";
    if (request.method != "GET" && !isHead)
        return std::make_unique<MadeReply>(m_kind, 405, u"packages can be fetched here, and nothing else done"_s, true);
    const ClientSettings &settings = (m_kind == RegistryKind::Npm ? m_state->npm : m_state->pypi)->settings();
    if (settings.registries.isEmpty())
        return std::make_unique<MadeReply>(m_kind, 404, u"the host's pip is configured with no-index"_s, !isHead);
    const auto asked = m_kind == RegistryKind::Npm ? askedOfNpm(request.path, settings, *m_state->signer)
                                                   : askedOfPypi(request.path, settings, *m_state->signer);
    if (!asked)
        return std::make_unique<MadeReply>(m_kind, 404, u"there is no such package or file"_s, !isHead);

    FetchRequest fetch;
    fetch.head = isHead;
    fetch.url = asked->url;
    fetch.accept = acceptFor(m_kind, asked->metadata, field(request.headers, "Accept"));
    fetch.ifNoneMatch = condition(field(request.headers, "If-None-Match"));
    fetch.ifModifiedSince = condition(field(request.headers, "If-Modified-Since"));
    fetch.compressed = asked->metadata;
    return std::make_unique<RegistryReply>(m_kind, m_state, *asked, fetch);
}

} // namespace isol8::registry
