// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/remotecode/Loader.h>

#include <isol8/egress/SystemResolver.h>

#include <QLoggingCategory>
#include <QTimer>

#include <algorithm>
#include <utility>

using namespace Qt::StringLiterals;

namespace isol8::remotecode {

namespace {

Q_LOGGING_CATEGORY(loadLog, "isol8.remotecode", QtWarningMsg)

void logCode(const char *from, const CodeRequest &request, const CodeEntry &entry)
{
    qCDebug(loadLog).noquote().nospace() << from << ' ' << request.url.shown() << ", SHA-256 " << entry.hash << ", "
                                         << entry.content.size() << " bytes";
}

} // namespace

CodeLoad::CodeLoad(Loader *loader, LoadRequest request, QObject *parent)
    : QObject(parent)
    , m_loader(loader)
    , m_asked(std::move(request))
{
    // What it uses of the loader goes with it.
    connect(loader, &QObject::destroyed, this, [this] {
        m_fetch.reset();
        end(isol8::fail(errors::Cancelled, u"The engine is stopping."_s));
    });
    QTimer::singleShot(0, this, &CodeLoad::begin);
}

CodeLoad::~CodeLoad()
{
    if (m_loader)
        m_loader->leave(this);
}

void CodeLoad::begin()
{
    if (m_over)
        return;
    const LoaderOptions &options = m_loader->m_options;
    auto policy = CodePolicy::compile(options.settings, options.network, m_asked.further);
    if (!policy)
        return end(isol8::fail(policy.error()));
    m_policy = std::move(*policy);
    if (const auto allowed = m_policy.judgeRequest(m_asked.hash); !allowed)
        return end(isol8::fail(allowed.error()));
    const auto url = CodeUrl::parse(m_asked.url);
    if (!url)
        return end(isol8::fail(url.error()));
    m_request = {*url, m_asked.hash, m_asked.allowInsecure};
    if (const auto allowed = m_policy.judge(*url, m_asked.allowInsecure); !allowed)
        return end(isol8::fail(allowed.error()));
    if (m_policy.usesCache()) {
        const auto entry = m_loader->m_cache.find(url->text(), m_policy.maxCodeSize());
        if (entry && serves(*entry)) {
            logCode("cached", m_request, *entry);
            return end(entry->content);
        }
    }
    m_loader->enqueue(this);
}

// As if it were fetched now: by the same way, as the policy is now. With its hash it is what it is, whatever its age.
bool CodeLoad::serves(const CodeEntry &entry) const
{
    const qint64 age = entry.fetchedAt.msecsTo(QDateTime::currentDateTimeUtc());
    const bool fresh = age >= 0 && age < std::chrono::milliseconds(m_policy.cacheTtl()).count();
    if ((!fresh && m_request.hash.isEmpty()) || !checkCode(entry.content, entry.hash, m_request))
        return false;
    return std::all_of(entry.origins.begin(), entry.origins.end(), [&](const CodeOrigin &origin) {
        const auto url = CodeUrl::parse(QString::fromUtf8(origin.url));
        return url && m_policy.judge(*url, m_request.allowInsecure) && !origin.address.isNull() &&
               m_policy.judgeAddress(*url, origin.address);
    });
}

void CodeLoad::fetch()
{
    const LoaderOptions &options = m_loader->m_options;
    m_fetch = std::make_unique<CodeFetch>(m_request, m_policy, m_loader->resolver(), options.authorities);
    connect(m_fetch.get(), &CodeFetch::finished, this, &CodeLoad::fetched);
    m_fetch->start();
}

void CodeLoad::fetched(const Result<CodeEntry> &entry)
{
    m_fetch.release()->deleteLater();
    if (!entry)
        return end(isol8::fail(entry.error()));
    logCode("fetched", m_request, *entry);
    if (m_policy.usesCache() && m_loader)
        m_loader->m_cache.store(m_request.url.text(), *entry);
    end(entry->content);
}

void CodeLoad::end(const Result<QByteArray> &code)
{
    if (std::exchange(m_over, true))
        return;
    if (m_loader)
        m_loader->leave(this);
    Q_EMIT finished(code);
}

Loader::Loader(LoaderOptions options, QObject *parent)
    : QObject(parent)
    , m_options(std::move(options))
    , m_cache(m_options.cacheFolder)
{
}

Loader::~Loader() = default;

egress::Resolver *Loader::resolver()
{
    if (m_options.resolver)
        return m_options.resolver;
    if (!m_system)
        m_system = std::make_unique<egress::SystemResolver>();
    return m_system.get();
}

CodeLoad *Loader::load(const LoadRequest &request, QObject *parent)
{
    return new CodeLoad(this, request, parent);
}

void Loader::enqueue(CodeLoad *load)
{
    m_waiting.append(load);
    dispatch();
}

void Loader::leave(CodeLoad *load)
{
    m_waiting.removeOne(load);
    if (m_active.removeOne(load))
        dispatch();
}

void Loader::dispatch()
{
    while (m_active.size() < ActiveLimit && !m_waiting.isEmpty()) {
        CodeLoad *next = m_waiting.takeFirst();
        m_active.append(next);
        next->fetch();
    }
}

} // namespace isol8::remotecode
