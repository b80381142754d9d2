// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/docker/Api.h>

#include <QJsonDocument>

namespace isol8::docker {

class Client::Private
{
public:
    explicit Private(const Endpoint &endpoint)
        : api(std::make_unique<Api>(endpoint))
    {
    }

    [[nodiscard]] http::Request request(const char *method, const Target &target) const
    {
        http::Request request;
        request.method = method;
        request.target = target.bytes();
        request.repeatable = request.method == "GET" || request.method == "DELETE";
        request.timeout = api->timeout;
        return request;
    }

    //! \a convert sees an answer of any status.
    template<class T> void call(const http::Request &request, const Purpose &purpose, Callback<T> done,
                                std::function<Result<T>(const http::Response &)> convert)
    {
        api->call(request, purpose,
                  [done = std::move(done), convert = std::move(convert)](const Result<http::Response> &response) {
                      if (response)
                          done(convert(*response));
                      else
                          done(fail(response.error()));
                  });
    }

    void callForNothing(const http::Request &request, const Purpose &purpose, Callback<void> done);
    void callForObject(const http::Request &request, const Purpose &purpose, Callback<QJsonObject> done);

    template<class T> void callForList(const http::Request &request, const Purpose &purpose, Callback<QList<T>> done,
                                       T (*convert)(const QJsonObject &));

    std::unique_ptr<Api> api;
};

//! The JSON of a `filters` parameter.
[[nodiscard]] QString labelFilters(const QMap<QString, QString> &labels, QJsonObject filters = {});
[[nodiscard]] QMap<QString, QString> stringMap(const QJsonValue &object);
[[nodiscard]] QString jsonText(const QJsonObject &object);
//! An error for a status of 300 and up, save for 304 (it is as asked already).
[[nodiscard]] std::optional<Error> refusal(const http::Response &response, const Purpose &purpose);

template<class T> void Client::Private::callForList(const http::Request &request, const Purpose &purpose,
                                                    Callback<QList<T>> done, T (*convert)(const QJsonObject &))
{
    call<QList<T>>(request, purpose, std::move(done),
                   [purpose, convert](const http::Response &response) -> Result<QList<T>> {
                       if (const auto error = refusal(response, purpose))
                           return fail(*error);
                       const QJsonDocument document = QJsonDocument::fromJson(response.body);
                       if (!document.isArray())
                           return fail(protocolError(purpose, QStringLiteral("the answer is no JSON array")));
                       QList<T> list;
                       const QJsonArray array = document.array();
                       list.reserve(array.size());
                       for (const QJsonValue &value : array)
                           list.append(convert(value.toObject()));
                       return list;
                   });
}

} // namespace isol8::docker
