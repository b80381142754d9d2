// SPDX-License-Identifier: GPL-3.0-or-later
#include "Bench.h"

#include "support/DoorBox.h"

#include <isol8/base/Units.h>
#include <isol8/sandbox/FileDownload.h>
#include <isol8/sandbox/FileUpload.h>

#include <QElapsedTimer>
#include <QProcess>
#include <QTemporaryDir>

#include <optional>

using namespace Qt::StringLiterals;
using namespace isol8;
using isol8::test::DoorBox;

namespace bench {

namespace {

constexpr qint64 FileBytes = 100 * MiB;

// A file on the host, and a container of the daemon's own with the same image to copy to and from.
class Place
{
public:
    Place()
    {
        QFile file(path());
        if (file.open(QIODevice::WriteOnly)) {
            const QByteArray chunk(1 * MiB, 'x');
            for (qint64 left = FileBytes; left > 0; left -= chunk.size())
                file.write(chunk);
        }
        QProcess create;
        create.start(u"docker"_s, {u"create"_s, u"--network"_s, u"none"_s, u"isol8:python"_s});
        create.waitForFinished();
        m_container = QString::fromLatin1(create.readAllStandardOutput().trimmed());
    }
    ~Place() { (void)timeProcess(u"docker"_s, {u"rm"_s, u"-f"_s, m_container}); }
    Q_DISABLE_COPY_MOVE(Place)

    [[nodiscard]] QString path() const { return m_folder.filePath(u"file"_s); }
    [[nodiscard]] double copyIn() const { return rate({u"cp"_s, path(), m_container + u":/file"_s}); }
    [[nodiscard]] double copyOut() const { return rate({u"cp"_s, m_container + u":/file"_s, path()}); }

private:
    static double rate(const QStringList &arguments)
    {
        const double ms = timeProcess(u"docker"_s, arguments);
        return ms > 0 ? double(FileBytes) / 1e6 / (ms / 1e3) : -1;
    }

    QTemporaryDir m_folder;
    QString m_container;
};

// MB/s of one transfer; negative when it fails.
template<class Job> double rateOf(Job &job, QFile *file)
{
    std::optional<Error> error;
    QObject::connect(&job, &FileJob::finished, &job, [&](const Error &e) { error = e; });
    QElapsedTimer timer;
    timer.start();
    job.start(file);
    if (!DoorBox::wait([&] { return error.has_value(); }) || !error->code.isEmpty())
        return -1;
    return double(FileBytes) / 1e6 / (double(timer.nsecsElapsed()) / 1e9);
}

double upload(DoorBox &box, const QString &path)
{
    QFile file(path);
    FileUpload::Target target;
    target.path = "/sandbox/file";
    FileUpload job(box.sandbox->channel(), target);
    return file.open(QIODevice::ReadOnly) ? rateOf(job, &file) : -1;
}

double download(DoorBox &box, const QString &path)
{
    QFile file(path);
    FileDownload job(box.sandbox->channel(), "/sandbox/file", FileBytes);
    return file.open(QIODevice::WriteOnly | QIODevice::Truncate) ? rateOf(job, &file) : -1;
}

} // namespace

QList<Comparison> fileUp(int rounds)
{
    Comparison comparison{{u"a file of 100 MB into a sandbox"_s, u"MB/s"_s, {}},
                          {u"docker cp of the same into a container"_s, u"MB/s"_s, {}},
                          u"at least 100 MB/s"_s};
    const Place place;
    DoorBox box(Network::None);
    if (!box.open())
        return {};
    for (int i = 0; i < rounds; ++i) {
        comparison.subject.add(upload(box, place.path()));
        comparison.comparator.add(place.copyIn());
    }
    return {comparison};
}

QList<Comparison> fileDown(int rounds)
{
    Comparison comparison{{u"a file of 100 MB out of a sandbox"_s, u"MB/s"_s, {}},
                          {u"docker cp of the same out of a container"_s, u"MB/s"_s, {}},
                          u"at least 100 MB/s"_s};
    const Place place;
    DoorBox box(Network::None);
    if (!box.open() || upload(box, place.path()) < 0 || place.copyIn() < 0)
        return {};
    for (int i = 0; i < rounds; ++i) {
        comparison.subject.add(download(box, place.path()));
        comparison.comparator.add(place.copyOut());
    }
    return {comparison};
}

} // namespace bench
