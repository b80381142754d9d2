// SPDX-License-Identifier: GPL-3.0-or-later
/*
    What a signal handler needs stands in globals that it may read at any moment: the terminal's own settings are
   written before terminalIsRaw says that they hold. A handler restores them, and its signal is then raised again with
   the action that it had before, so that a core is dumped and the parent learns the true reason.
*/
#include <cli/RawTerminal.h>

#include <csignal>
#include <cstdlib>

#include <termios.h>
#include <unistd.h>

namespace isol8::cli {

namespace {

// Those that end a process and that nobody waits for in the event loop.
constexpr int EndingSignals[] = {SIGSEGV, SIGBUS,  SIGFPE,  SIGILL,  SIGABRT, SIGSYS,    SIGTRAP,
                                 SIGQUIT, SIGUSR1, SIGUSR2, SIGALRM, SIGPROF, SIGVTALRM, SIGXCPU};

termios cookedTerminal;
volatile sig_atomic_t terminalIsRaw = 0;
struct sigaction earlierActions[NSIG];
alignas(16) char signalStack[16384]; // a crash may be a stack that is full

void restoreTerminal(int when)
{
    if (terminalIsRaw)
        ::tcsetattr(STDIN_FILENO, when, &cookedTerminal);
    terminalIsRaw = 0;
}

void onEndingSignal(int number)
{
    restoreTerminal(TCSANOW);
    ::sigaction(number, &earlierActions[number], nullptr);
    ::raise(number); // held back until this returns
}

void restoreAtExit()
{
    restoreTerminal(TCSADRAIN);
}

void watchSignals()
{
    stack_t stack = {};
    stack.ss_sp = signalStack;
    stack.ss_size = sizeof signalStack;
    stack_t other = {};
    if (::sigaltstack(nullptr, &other) == 0 && (other.ss_flags & SS_DISABLE))
        ::sigaltstack(&stack, nullptr);
    struct sigaction action = {};
    action.sa_handler = onEndingSignal;
    action.sa_flags = SA_ONSTACK;
    for (const int number : EndingSignals) {
        ::sigaction(number, nullptr, &earlierActions[number]);
        if (earlierActions[number].sa_handler != SIG_IGN)
            ::sigaction(number, &action, nullptr);
    }
}

void unwatchSignals()
{
    for (const int number : EndingSignals)
        ::sigaction(number, &earlierActions[number], nullptr);
}

void makeRaw()
{
    termios raw = cookedTerminal;
    ::cfmakeraw(&raw);
    terminalIsRaw = 1;
    if (::tcsetattr(STDIN_FILENO, TCSADRAIN, &raw) != 0)
        terminalIsRaw = 0;
}

} // namespace

RawTerminal::RawTerminal()
{
    if (terminalIsRaw || ::tcgetattr(STDIN_FILENO, &cookedTerminal) != 0)
        return;
    static const bool registered = std::atexit(restoreAtExit) == 0;
    if (!registered)
        return;
    watchSignals();
    makeRaw();
    if (!terminalIsRaw)
        unwatchSignals();
}

RawTerminal::~RawTerminal()
{
    if (!terminalIsRaw)
        return;
    restoreTerminal(TCSADRAIN);
    unwatchSignals();
}

void RawTerminal::stopProcess()
{
    const bool wasRaw = terminalIsRaw;
    restoreTerminal(TCSADRAIN);
    ::raise(SIGSTOP);
    if (wasRaw)
        makeRaw();
}

void RawTerminal::renew()
{
    if (terminalIsRaw)
        makeRaw();
}

} // namespace isol8::cli
