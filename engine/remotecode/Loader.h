// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/remotecode/CodeFetch.h>

#include <QList>
#include <QPointer>

#include <memory>
#include <optional>

namespace isol8::remotecode {

class Loader;

//! What a caller asks for.
struct LoadRequest
{
    QString url;
    QString hash;                        //!< SHA-256, hexadecimal; empty: whatever comes
    bool allowInsecure = false;          //!< http will do, too
    std::optional<CodeSettings> further; //!< a policy of the caller's own, which must allow it besides the engine's
};

/*!
    One program on its way, from the cache or from where its URL says. Ends by exactly one finished(), never from inside
    Loader::load(). Deleting it, also in a slot of finished(), gives up. Errors: those of CodeUrl::parse(), CodePolicy
    and CodeFetch.
*/
class CodeLoad : public QObject
{
    Q_OBJECT

public:
    ~CodeLoad() override;

Q_SIGNALS:
    //! The program's text, just as it came.
    void finished(const isol8::Result<QByteArray> &code);

private:
    friend class Loader;
    CodeLoad(Loader *loader, LoadRequest request, QObject *parent);
    void begin();
    void fetch();
    void fetched(const Result<CodeEntry> &entry);
    [[nodiscard]] bool serves(const CodeEntry &entry) const;
    void end(const Result<QByteArray> &code);

    QPointer<Loader> m_loader;
    LoadRequest m_asked;
    CodeRequest m_request;
    CodePolicy m_policy;
    std::unique_ptr<CodeFetch> m_fetch;
    bool m_over = false;
};

struct LoaderOptions
{
    CodeSettings settings;
    NetworkSettings network;
    egress::Resolver *resolver = nullptr; //!< must outlive the loader; null: the system's
    QString cacheFolder;                  //!< empty: there is no cache
    QString authorities;                  //!< a file of certificates that are trusted besides the system's
};

/*!
    Loads programs by URL, as one policy allows it. At most \c ActiveLimit are fetched at once, the rest wait in order;
    the policy's time counts from when a program's turn has come.
*/
class Loader : public QObject
{
    Q_OBJECT

public:
    explicit Loader(LoaderOptions options, QObject *parent = nullptr);
    ~Loader() override;

    //! The caller's, by \a parent.
    [[nodiscard]] CodeLoad *load(const LoadRequest &request, QObject *parent);

    static constexpr int ActiveLimit = 8;

private:
    friend class CodeLoad;
    [[nodiscard]] egress::Resolver *resolver();
    void enqueue(CodeLoad *load);
    void leave(CodeLoad *load);
    void dispatch();

    LoaderOptions m_options;
    std::unique_ptr<egress::Resolver> m_system;
    CodeCache m_cache;
    QList<CodeLoad *> m_active;
    QList<CodeLoad *> m_waiting;
};

} // namespace isol8::remotecode
