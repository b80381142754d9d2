// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/execution/Engine.h>

#include <QTimer>

using namespace Qt::StringLiterals;

namespace isol8 {

namespace {

Error cannot()
{
    return {errors::Unsupported.toString(), u"This engine cannot do that."_s, {}};
}

class NoUpload final : public Upload
{
public:
    explicit NoUpload(QObject *parent)
        : Upload(parent)
    {
        QTimer::singleShot(0, this, [this] { Q_EMIT finished(cannot()); });
    }
    void write(const QByteArray &) override {}
    void finish() override {}
    [[nodiscard]] qint64 bytesPending() const override { return 0; }
};

class NoDownload final : public Download
{
public:
    explicit NoDownload(QObject *parent)
        : Download(parent)
    {
        QTimer::singleShot(0, this, [this] { Q_EMIT finished(cannot()); });
    }
    void setPaused(bool) override {}
};

} // namespace

Upload *Engine::uploadFile(const QString &, const QString &, const UploadTarget &, QObject *parent)
{
    return new NoUpload(parent);
}

Download *Engine::downloadFile(const QString &, const QString &, const QString &, QObject *parent)
{
    return new NoDownload(parent);
}

Upload *Engine::uploadDirectory(const QString &, const QString &, const QString &, QObject *parent)
{
    return new NoUpload(parent);
}

Download *Engine::downloadDirectory(const QString &, const QString &, const QString &, QObject *parent)
{
    return new NoDownload(parent);
}

void Engine::makeDirectory(const QString &, const QString &, const QString &, std::optional<uint>, Callback<void> done)
{
    QTimer::singleShot(0, this, [done] { done(fail(cannot())); });
}

void Engine::sandboxes(const QString &, bool, Callback<QList<SandboxInfo>> done)
{
    QTimer::singleShot(0, this, [done] { done(fail(cannot())); });
}

} // namespace isol8
