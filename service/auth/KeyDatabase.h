// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/base/Callback.h>
#include <isol8/base/Units.h>
#include <service/auth/KeyStore.h>

#include <QHash>
#include <QObject>

#include <memory>
#include <optional>

namespace isol8::service {

/*!
    A key store on a thread of its own, since databases block. What it is asked is done one after the other, in order;
    answers come on this object's thread in the same order.

    Deleting it waits until what it was asked is done, so that what was noted last is written down, and calls nobody
   back any more. Where the database hangs, it is given up after LastPatience: its thread then stays until the process
   ends.
*/
class KeyDatabase : public QObject
{
    Q_OBJECT

public:
    explicit KeyDatabase(std::unique_ptr<KeyStore> store, QObject *parent = nullptr);
    ~KeyDatabase() override;

    //! \a work is called on the other thread: it owns whatever it needs.
    template<class T> void run(std::function<Result<T>(KeyStore &)> work, Callback<T> done)
    {
        auto result = std::make_shared<std::optional<Result<T>>>();
        post([work = std::move(work), result](KeyStore &store) { result->emplace(work(store)); },
             [done = std::move(done), result] { done(std::move(**result)); });
    }

    static constexpr milliseconds LastPatience{10000};

private:
    class Worker;

    void post(std::function<void(KeyStore &)> job, const std::function<void()> &tell);

    //! What both threads hold on to.
    struct Link;

    std::shared_ptr<Link> m_link;
    Worker *m_worker; //!< its thread's
    //! What is to be told when a job is done, by its number: it stays on this thread.
    QHash<quint64, std::function<void()>> m_waiting;
    quint64 m_last = 0;
};

} // namespace isol8::service
