// SPDX-License-Identifier: GPL-3.0-or-later
/*
    c-ares speaks with the name servers: it makes ids, sends again, goes over to TCP, and takes answers only from who
   was asked, to what was asked. Here are its sockets and clock. A lookup has a channel of its own and two questions,
   one a family. c-ares calls back from inside its functions, so that what follows from an answer waits for the event
   loop.
*/
#include <isol8/egress/SystemResolver.h>

#include <QSocketNotifier>
#include <QTimer>

#include <algorithm>
#include <array>
#include <memory>
#include <unordered_map>

#include <ares.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace Qt::StringLiterals;

namespace isol8::egress {

namespace {

constexpr qsizetype MostAddresses = 32; // of each family

// Whether the kernel knows a way to it; nothing is sent.
bool hasRoute(const QHostAddress &address)
{
    sockaddr_in6 peer = {};
    peer.sin6_family = AF_INET6;
    peer.sin6_port = 0xffff;
    const Q_IPV6ADDR raw = address.toIPv6Address();
    std::copy_n(raw.c, sizeof raw.c, peer.sin6_addr.s6_addr);
    const int probe = ::socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    const bool reached = probe >= 0 && ::connect(probe, reinterpret_cast<const sockaddr *>(&peer), sizeof peer) == 0;
    if (probe >= 0)
        ::close(probe);
    return reached;
}

Error errorOf(int status, const QString &host)
{
    switch (status) {
    case ARES_ENODATA:
    case ARES_ENOTFOUND:
        return {errors::NotFound.toString(), u"The name %1 has no address."_s.arg(host), {}};
    case ARES_ETIMEOUT:
        return {errors::Timeout.toString(), u"The name servers do not answer for %1 in time."_s.arg(host), {}};
    default:
        return {errors::NameServers.toString(), u"The name servers cannot say what %1 is."_s.arg(host),
                QString::fromLatin1(ares_strerror(status))};
    }
}

// Worse than another: who asks learns of the failure before he is told that there is nothing.
int graver(int a, int b)
{
    const auto isNone = [](int status) { return status == ARES_ENODATA || status == ARES_ENOTFOUND; };
    return isNone(a) ? b : a;
}

class Lookup : public QObject
{
    Q_OBJECT

public:
    Lookup(QString host, const ResolverOptions &options, Callback<QList<QHostAddress>> done, QObject *parent)
        : QObject(parent)
        , m_host(std::move(host))
        , m_done(std::move(done))
    {
        connect(m_done.context(), &QObject::destroyed, this, [this] { delete this; });
        for (QTimer *timer : {&m_clock, &m_patience, &m_enough})
            timer->setSingleShot(true);
        m_enough.setInterval(options.otherFamily);
        connect(&m_clock, &QTimer::timeout, this, [this] { process(ARES_SOCKET_BAD, ARES_SOCKET_BAD); });
        connect(&m_patience, &QTimer::timeout, this, [this] { finish(ARES_ETIMEOUT); });
        connect(&m_enough, &QTimer::timeout, this, [this] { finish(ARES_ETIMEOUT); });
        m_patience.start(options.patience);
    }

    ~Lookup() override
    {
        m_over = true;
        if (m_channel)
            ares_destroy(m_channel); // answers the questions that are open
    }

    void start(const ResolverOptions &options)
    {
        ares_options wanted = {};
        const bool isWhole = m_host.contains(u'.'); // else the machine's search domains may be meant
        wanted.flags = ARES_FLAG_NOALIASES | (isWhole ? ARES_FLAG_NOSEARCH : 0);
        wanted.timeout = int(options.timeout.count());
        wanted.tries = options.tries;
        wanted.ndots = isWhole ? 0 : 1;
        wanted.ndomains = 0;
        char lookups[] = "b";
        wanted.lookups = lookups;
        wanted.sock_state_cb = &Lookup::onSocket;
        wanted.sock_state_cb_data = this;
        int status =
            ares_init_options(&m_channel, &wanted,
                              ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_NDOTS |
                                  (isWhole ? ARES_OPT_DOMAINS : 0) | ARES_OPT_LOOKUPS | ARES_OPT_SOCK_STATE_CB);
        if (status == ARES_SUCCESS && !options.servers.isEmpty())
            status = ares_set_servers_ports_csv(m_channel, options.servers.join(u',').toLatin1().constData());
        if (status != ARES_SUCCESS)
            return finish(status);
        const QByteArray name = m_host.toLatin1();
        for (Question &question : m_questions) {
            ares_addrinfo_hints hints = {};
            hints.ai_family = question.family;
            hints.ai_socktype = SOCK_STREAM;
            ares_getaddrinfo(m_channel, name.constData(), nullptr, &hints, &Lookup::onAnswer, &question);
        }
        wind();
    }

private:
    struct Question
    {
        Lookup *lookup;
        int family;
        bool answered = false;
        int status = ARES_ETIMEOUT;
        QList<QHostAddress> addresses = {};
    };

    static void onAnswer(void *data, int status, int /*timeouts*/, ares_addrinfo *found)
    {
        auto *question = static_cast<Question *>(data);
        question->answered = true;
        question->status = status;
        for (const ares_addrinfo_node *node = found ? found->nodes : nullptr; node; node = node->ai_next) {
            if (node->ai_family == question->family && question->addresses.size() < MostAddresses)
                question->addresses.append(QHostAddress(node->ai_addr));
        }
        if (found)
            ares_freeaddrinfo(found);
        if (!question->lookup->m_over)
            QMetaObject::invokeMethod(question->lookup, &Lookup::consider, Qt::QueuedConnection);
    }

    static void onSocket(void *data, ares_socket_t socket, int readable, int writable)
    {
        auto *lookup = static_cast<Lookup *>(data);
        lookup->watch(socket, QSocketNotifier::Read, readable != 0);
        lookup->watch(socket, QSocketNotifier::Write, writable != 0);
    }

    // Notifiers may be in the middle of their own signals.
    void watch(ares_socket_t socket, QSocketNotifier::Type type, bool wanted)
    {
        auto &notifiers = m_notifiers[type == QSocketNotifier::Read ? 0 : 1];
        const auto known = notifiers.find(socket);
        if (!wanted) {
            if (known == notifiers.end())
                return;
            known->second->setEnabled(false);
            known->second.release()->deleteLater();
            notifiers.erase(known);
            return;
        }
        if (known != notifiers.end())
            return;
        auto notifier = std::make_unique<QSocketNotifier>(socket, type);
        connect(notifier.get(), &QSocketNotifier::activated, this, [this, socket, type] {
            const bool reads = type == QSocketNotifier::Read;
            process(reads ? socket : ARES_SOCKET_BAD, reads ? ARES_SOCKET_BAD : socket);
        });
        notifiers.emplace(socket, std::move(notifier));
    }

    void process(ares_socket_t readable, ares_socket_t writable)
    {
        ares_process_fd(m_channel, readable, writable);
        wind();
    }

    void wind()
    {
        timeval left = {};
        if (ares_timeout(m_channel, nullptr, &left))
            m_clock.start(milliseconds(left.tv_sec * 1000 + left.tv_usec / 1000 + 1));
        else
            m_clock.stop();
    }

    void consider()
    {
        const Question &a = m_questions[0];
        const Question &b = m_questions[1];
        if (a.answered && b.answered)
            finish(graver(a.status, b.status));
        else if ((!a.addresses.isEmpty() || !b.addresses.isEmpty()) && !m_enough.isActive())
            m_enough.start();
    }

    //! \a status counts where there are no addresses.
    void finish(int status)
    {
        if (std::exchange(m_over, true))
            return;
        const QList<QHostAddress> &v4 = m_questions[0].addresses;
        const QList<QHostAddress> &v6 = m_questions[1].addresses;
        const bool firstV6 = !v6.isEmpty() && (v4.isEmpty() || hasRoute(v6.constFirst()));
        m_result = firstV6 ? v6 + v4 : v4 + v6;
        if (m_result->isEmpty())
            m_result = fail(errorOf(status, m_host));
        QMetaObject::invokeMethod(this, &Lookup::deliver, Qt::QueuedConnection);
    }

    void deliver()
    {
        const Callback<QList<QHostAddress>> done = m_done;
        const Result<QList<QHostAddress>> result = m_result;
        delete this;
        done(result);
    }

    QString m_host;
    Callback<QList<QHostAddress>> m_done;
    Result<QList<QHostAddress>> m_result;
    ares_channel m_channel = nullptr;
    std::array<Question, 2> m_questions{Question{this, AF_INET}, Question{this, AF_INET6}};
    std::array<std::unordered_map<ares_socket_t, std::unique_ptr<QSocketNotifier>>, 2> m_notifiers;
    QTimer m_clock;
    QTimer m_patience;
    QTimer m_enough; //!< one family's addresses will do
    bool m_over = false;
};

} // namespace

SystemResolver::SystemResolver(ResolverOptions options)
    : m_options(std::move(options))
    , m_hosts(m_options.hostsFile)
{
    static const int ready = ares_library_init(ARES_LIB_INIT_ALL);
    Q_UNUSED(ready)
}

// Lookups are children.
SystemResolver::~SystemResolver() = default;

void SystemResolver::resolve(const QString &host, const Callback<QList<QHostAddress>> &done)
{
    if (!done.context())
        return;
    if (const QList<QHostAddress> known = m_hosts.find(host); !known.isEmpty()) {
        QMetaObject::invokeMethod(
            done.context(), [done, known] { done(known); }, Qt::QueuedConnection);
        return;
    }
    auto *lookup = new Lookup(host, m_options, done, this);
    lookup->start(m_options);
}

} // namespace isol8::egress

#include "SystemResolver.moc"
