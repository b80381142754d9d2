// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/execution/Run.h>
#include <isol8/execution/StreamEvent.h>
#include <service/Runs.h>

#include <QObject>
#include <QSet>

#include <memory>
#include <optional>

namespace isol8::service {

/*!
    A run as the events of section 4: all output in order, then `error` where isol8 or the setup failed, and `exit` last
    and once. Owns the run; deleting this ends it.
*/
class RunEvents : public QObject
{
    Q_OBJECT

public:
    //! \a extras: the events beyond those that everyone gets. \a collected: the result of `exit` has the output.
    RunEvents(const Runs::Started &started, QSet<StreamEvent::Type> extras, bool collected, QObject *parent = nullptr);
    ~RunEvents() override;

    [[nodiscard]] Run *run() const { return m_run.get(); }
    //! Whether its program began.
    [[nodiscard]] bool hasStarted() const { return m_started; }
    //! In and after finished(): as the run gave it, with what was limited before.
    [[nodiscard]] const RunResult &result() const { return m_result; }

Q_SIGNALS:
    //! Its program has begun, or something has been told of it: it will not be refused any more.
    void underWay();
    void event(const isol8::StreamEvent &event);
    //! Comes before the last events, which finish() gives.
    void finished();

public:
    //! After finished(): emits what there is left to tell, up to `exit`.
    void finish();

private:
    void tell(StreamEvent event);
    void onFinished(const RunResult &result);
    void onEnded(const Run *run, const Error &why);
    void tellEnded();

    std::unique_ptr<Run> m_run;
    QStringList m_limited;
    QSet<StreamEvent::Type> m_extras;
    bool m_collected;
    bool m_started = false;
    bool m_underWay = false;
    std::optional<Error> m_ended; //!< by the service, for this reason
    bool m_over = false;          //!< finished() was emitted
    RunResult m_result;
};

} // namespace isol8::service
