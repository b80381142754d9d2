// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <desktop/core/EngineHub.h>
#include <desktop/core/Program.h>
#include <isol8/runtime/Runtime.h>

#include <functional>

namespace isol8::desktop {

class HistoryStore;
class MainWindow;

//! What the pages beside the Run view are made of.
struct Pages
{
    MainWindow *window;
    EngineHub *hub;
    HistoryStore *history;
    QString configPath;
    std::function<QString()> auditFolder; //!< where records of runs are now
    RuntimeRegistry registry;
};

//! What they ask the app for.
struct PageRequests
{
    std::function<void(const Program &)> openProgram;
    std::function<void(const Program &)> runProgram;
    std::function<void()> configurationSaved;
};

//! Makes them; \a context is what their connections live as long as.
void addPages(const Pages &pages, const PageRequests &requests, QObject *context);

} // namespace isol8::desktop
