// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>
#include <QThread>

#include <memory>

namespace isol8::test {

//! A fake that goes on while its test waits for a process: it lives in a thread of its own.
template<class Fake> class InThread
{
public:
    //! \a make returns a std::unique_ptr<Fake>.
    template<class Make> explicit InThread(Make make)
    {
        m_context.moveToThread(&m_thread);
        m_thread.start();
        inside([&] { m_fake = make(); });
    }
    ~InThread()
    {
        inside([&] { m_fake.reset(); });
        m_thread.quit();
        m_thread.wait();
    }
    InThread(const InThread &) = delete;
    InThread &operator=(const InThread &) = delete;

    //! Whatever is done with the fake() is done there.
    template<class Function> void inside(Function function)
    {
        QMetaObject::invokeMethod(&m_context, function, Qt::BlockingQueuedConnection);
    }
    [[nodiscard]] Fake *fake() const { return m_fake.get(); }

private:
    QThread m_thread;
    QObject m_context;
    std::unique_ptr<Fake> m_fake;
};

} // namespace isol8::test
