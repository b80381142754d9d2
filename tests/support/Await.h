// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/base/Callback.h>

#include <QEventLoop>
#include <QTimer>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>

namespace isol8::test {

/*!
    Starts an asynchronous one-shot and runs an event loop until it calls back. Error codes of our own: "test_inside"
    where it called back from inside the call, "test_never" where it did not within \a timeout.
*/
template<class T> Result<T> await(const std::function<void(Callback<T>)> &start,
                                  std::chrono::milliseconds timeout = std::chrono::seconds(60))
{
    auto result = std::make_shared<std::optional<Result<T>>>();
    QEventLoop loop; // qWaitFor() looks every 10 ms only
    start(Callback<T>(&loop, [&, result](Result<T> value) {
        result->emplace(std::move(value));
        loop.quit();
    }));
    if (*result)
        return fail(u"test_inside", QStringLiteral("called back from inside the call"));
    QTimer::singleShot(timeout, &loop, &QEventLoop::quit);
    loop.exec();
    if (!*result)
        return fail(u"test_never", QStringLiteral("no callback"));
    return **result;
}

//! A text for QVERIFY2, as long as its expression lasts.
struct Description
{
    QByteArray text;
    operator const char *() const { return text.constData(); } // NOLINT: what QVERIFY2 converts to
};

//! Code, sentence and detail in one line; "no error" where there is none.
inline Description describe(const Error &error)
{
    if (error.code.isEmpty())
        return {"no error"};
    return {error.code.toUtf8() + ": " + error.message.toUtf8() + " [" + error.detail.toUtf8() + ']'};
}

template<class T> Description describe(const Result<T> &result)
{
    return describe(result ? Error{} : result.error());
}

} // namespace isol8::test
