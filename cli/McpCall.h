// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/execution/Engine.h>

#include <QJsonArray>
#include <QJsonObject>
#include <QPointer>
#include <QTimer>

namespace isol8::cli {

//! What the person who starts `isol8 mcp` lets models have; a model cannot ask for more.
struct McpPolicy
{
    RunOptions options; //!< of every run
    QStringList runtimes;
    milliseconds longest{600000}; //!< of what a model may ask for as a timeout
};

//! The tools that there are, as tools/list tells them.
[[nodiscard]] QJsonArray mcpTools(const McpPolicy &policy);
[[nodiscard]] bool isMcpTool(const QString &name);

/*!
    One call of a tool. It ends by exactly one finished(), never from inside begin(), and deletes itself then; deleting
   it cancels.
*/
class McpCall : public QObject
{
    Q_OBJECT

public:
    McpCall(Engine *engine, McpPolicy policy, QObject *parent);
    ~McpCall() override;

    void begin(const QString &tool, const QJsonObject &arguments);

Q_SIGNALS:
    //! \a written: bytes of output so far; \a text: the latest of them, or a sentence about what is being done.
    void progress(qint64 written, const QString &text);
    //! A result of tools/call. \a lost: the engine was not reached.
    void finished(const QJsonObject &result, bool lost);

private:
    [[nodiscard]] Result<void> start(const QString &tool, const QJsonObject &arguments);
    [[nodiscard]] Result<void> startRun(bool isCommand, const QJsonObject &arguments);
    void collect(const QByteArray &text);
    void tell();
    void runEnded();
    void end(const QJsonArray &content, const QJsonObject &structured, bool isError, bool lost = false);
    void fail(const Error &error);
    template<class T, class Function> [[nodiscard]] Callback<T> then(const Function &function);

    Engine *m_engine;
    McpPolicy m_policy;
    QString m_session;
    QPointer<Run> m_run;
    QByteArray m_untold;
    qint64 m_written = 0;
    QTimer m_telling;
    bool m_ended = false;
};

} // namespace isol8::cli
