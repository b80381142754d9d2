// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/base/Error.h>

#include <QPointer>

#include <functional>
#include <utility>

namespace isol8 {

/*!
    The completion of an asynchronous one-shot: called exactly once, never from inside the call that starts it, and
    not at all when \a context is gone by then.
*/
template<class T> class Callback
{
public:
    Callback() = default;
    Callback(QObject *context, std::function<void(Result<T>)> function)
        : m_context(context)
        , m_function(std::move(function))
    {
    }

    void operator()(Result<T> result) const
    {
        if (m_context && m_function)
            m_function(std::move(result));
    }

    //! Null when it is gone: nobody waits any more.
    [[nodiscard]] QObject *context() const { return m_context; }

private:
    QPointer<QObject> m_context;
    std::function<void(Result<T>)> m_function;
};

} // namespace isol8
