// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/base/UnixSignals.h>

#include <cerrno>
#include <csignal>

#include <fcntl.h>
#include <unistd.h>

namespace isol8 {

namespace {

int signalPipe[2] = {-1, -1};

void onSignal(int number)
{
    const int saved = errno;
    const char byte = char(number);
    [[maybe_unused]] const ssize_t n = ::write(signalPipe[1], &byte, 1);
    errno = saved;
}

} // namespace

UnixSignals::UnixSignals(QList<int> numbers, QObject *parent)
    : QObject(parent)
    , m_numbers(std::move(numbers))
{
    if (::pipe2(signalPipe, O_CLOEXEC | O_NONBLOCK) != 0)
        return;
    m_notifier = new QSocketNotifier(signalPipe[0], QSocketNotifier::Read, this);
    connect(m_notifier, &QSocketNotifier::activated, this, &UnixSignals::read);
    struct sigaction action = {};
    action.sa_handler = onSignal;
    action.sa_flags = SA_RESTART;
    // What the parent told us to ignore (nohup) stays ignored, behind this, too.
    m_numbers.removeIf([](int number) {
        struct sigaction old = {};
        return ::sigaction(number, nullptr, &old) == 0 && old.sa_handler == SIG_IGN;
    });
    for (const int number : std::as_const(m_numbers))
        ::sigaction(number, &action, nullptr);
}

UnixSignals::~UnixSignals()
{
    if (!m_notifier)
        return;
    for (const int number : std::as_const(m_numbers))
        ::signal(number, SIG_DFL);
    delete m_notifier;
    ::close(signalPipe[0]);
    ::close(signalPipe[1]);
    signalPipe[0] = signalPipe[1] = -1;
}

void UnixSignals::read()
{
    char number = 0;
    while (::read(signalPipe[0], &number, 1) == 1)
        Q_EMIT received(number);
}

} // namespace isol8
