// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <desktop/app/ActionRegistry.h>
#include <desktop/app/Desktop.h>
#include <desktop/app/MainWindow.h>
#include <desktop/history/HistoryStore.h>
#include <desktop/output/OutputView.h>
#include <desktop/run/CodeEditor.h>
#include <desktop/run/Rehearsal.h>
#include <desktop/run/RunController.h>
#include <desktop/run/RunView.h>

#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

#include <memory>

namespace desktoptest {

using namespace Qt::StringLiterals;

//! An app with folders of its own, on this machine's daemon; what it kept is there for the next one.
class App
{
public:
    //! \a folder: instead of one of its own.
    explicit App(isol8::desktop::EngineFactory factory = isol8::desktop::makeEngine, QString folder = {})
        : m_path(folder.isEmpty() ? m_folder.path() : std::move(folder))
        , m_factory(std::move(factory))
    {
        // Beside a program that CTest has not started.
        const QString programs = qEnvironmentVariable("ISOL8_BIN", QCoreApplication::applicationDirPath());
        isol8::desktop::Rehearsal::setProgram(programs + u"/isol8-desktop"_s);
        open();
    }

    void open()
    {
        isol8::desktop::DesktopOptions options;
        options.dataFolder = m_path;
        options.configFolder = m_path;
        options.configPath = path(u"config.json"_s);
        if (!QFile::exists(options.configPath)) {
            QFile config(options.configPath);
            QVERIFY(config.open(QIODevice::WriteOnly));
            config.write("{\"poolSize\": 0}");
        }
        options.factory = m_factory;
        options.keys = isol8::desktop::KeyStore::Place::FileOnly;
        options.lookForBackground = false;
        options.tray = false;
        m_desktop = std::make_unique<isol8::desktop::Desktop>(options);
        m_desktop->window()->resize(1024, 700);
        m_desktop->show();
        QVERIFY(QTest::qWaitForWindowExposed(m_desktop->window()));
    }
    void close() { m_desktop.reset(); }

    [[nodiscard]] isol8::desktop::Desktop *operator->() const { return m_desktop.get(); }
    template<class T> [[nodiscard]] T *child(const QString &name = {}) const
    {
        return m_desktop->window()->findChild<T *>(name);
    }
    [[nodiscard]] QString path(const QString &name) const { return m_path + u'/' + name; }
    void trigger(const QString &action) const { m_desktop->actions()->action(action)->trigger(); }
    [[nodiscard]] QString output() const { return child<isol8::desktop::OutputView>()->document().text(); }

    //! As a user does: the text into the editor, Ctrl-Enter.
    void type(const QString &runtime, const QString &code) const
    {
        isol8::desktop::Program program;
        program.request.runtime = runtime;
        m_desktop->runView()->setProgram(program);
        auto *editor = child<isol8::desktop::CodeEditor>();
        editor->setText(code);
        Q_EMIT editor->edited();
        editor->setFocus();
    }
    //! Whether it ended in time; its result is controller()->result().
    [[nodiscard]] bool run(int timeoutMs = 60000) const
    {
        QSignalSpy ended(m_desktop->controller(), &isol8::desktop::RunController::ended);
        trigger(u"run.run"_s);
        return ended.count() > 0 || ended.wait(timeoutMs);
    }

private:
    QTemporaryDir m_folder;
    QString m_path;
    isol8::desktop::EngineFactory m_factory;
    std::unique_ptr<isol8::desktop::Desktop> m_desktop;
};

} // namespace desktoptest
