// SPDX-License-Identifier: GPL-3.0-or-later
// test: unit; policy
/*
    The whole create request against golden files, tests/engine/golden/create_*.json. After a wanted change run this
    test with ISOL8_UPDATE_GOLDEN=1 and read the difference before committing it.
*/
#include <isol8/policy/SandboxSpec.h>

#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QTest>

#include <algorithm>
#include <vector>

using namespace isol8;
using namespace Qt::StringLiterals;

namespace {

const QByteArray CustomProfile = R"({"defaultAction": "SCMP_ACT_ERRNO", "syscalls": []})";

SandboxSpec specFor(const QString &runtime)
{
    SandboxSpec spec;
    spec.image = u"isol8:"_s + runtime;
    spec.runtime = runtime;
    spec.seccompProfile = seccompProfile(SeccompMode::Strict, {}).value();
    return spec;
}

SandboxIdentity identity()
{
    SandboxIdentity id;
    id.engineId = u"engine-1"_s;
    id.owner = u"alice"_s;
    id.purpose = u"run"_s;
    id.initPath = u"/home/alice/.cache/isol8/guest/isol8-init-0123abcd"_s;
    id.hostsPath = u"/home/alice/.cache/isol8/guest/hosts-4567ef"_s;
    return id;
}

// The profile's text would drown a golden file; which one it is says as much.
QJsonObject withShortProfile(QJsonObject request)
{
    QJsonObject host = request[u"HostConfig"_s].toObject();
    QJsonArray options = host[u"SecurityOpt"_s].toArray();
    for (auto option : options) {
        const QByteArray text = option.toString().toUtf8();
        if (text == "seccomp=" + seccompProfile(SeccompMode::Strict, {}).value())
            option = u"seccomp=<isol8's strict profile>"_s;
        else if (text == "seccomp=" + CustomProfile)
            option = u"seccomp=<the custom profile>"_s;
    }
    host[u"SecurityOpt"_s] = options;
    request[u"HostConfig"_s] = host;
    return request;
}

// Lines of both texts: "-" only expected, "+" only found, by the longest common subsequence.
QByteArray difference(const QByteArray &expected, const QByteArray &found)
{
    const QList<QByteArray> a = expected.split('\n'), b = found.split('\n');
    std::vector<std::vector<int>> common(size_t(a.size()) + 1, std::vector<int>(size_t(b.size()) + 1, 0));
    for (auto i = size_t(a.size()); i-- > 0;)
        for (auto j = size_t(b.size()); j-- > 0;)
            common[i][j] = a[qsizetype(i)] == b[qsizetype(j)] ? common[i + 1][j + 1] + 1
                                                              : std::max(common[i + 1][j], common[i][j + 1]);
    QByteArray out;
    qsizetype i = 0, j = 0;
    while (i < a.size() || j < b.size()) {
        if (i < a.size() && j < b.size() && a[i] == b[j]) {
            ++i, ++j;
        } else if (j == b.size() ||
                   (i < a.size() && common[size_t(i) + 1][size_t(j)] >= common[size_t(i)][size_t(j) + 1])) {
            out += "\n-" + a[i++];
        } else {
            out += "\n+" + b[j++];
        }
    }
    return out;
}

} // namespace

Q_DECLARE_METATYPE(SandboxSpec)
Q_DECLARE_METATYPE(SandboxIdentity)

class tst_create_request : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void golden_data();
    void golden();
    void noSecretNorCallerInEnvironment();
    void lostProfileFailsClosed();
};

void tst_create_request::golden_data()
{
    QTest::addColumn<SandboxSpec>("spec");
    QTest::addColumn<SandboxIdentity>("id");
    for (const QString &runtime : {u"python"_s, u"node"_s, u"bun"_s, u"deno"_s, u"bash"_s})
        QTest::newRow(qPrintable(runtime)) << specFor(runtime) << identity();

    SandboxSpec spec = specFor(u"agent"_s);
    spec.network = Network::Filtered;
    spec.pids = 200;
    spec.sandboxSize = 2 * GiB;
    QTest::newRow("agent_filtered") << spec << identity();

    spec = specFor(u"python"_s);
    spec.network = Network::Host;
    QTest::newRow("host_network") << spec << identity();

    spec = specFor(u"python"_s);
    spec.seccomp = SeccompMode::Unconfined;
    spec.seccompProfile.clear();
    QTest::newRow("unconfined") << spec << identity();

    spec = specFor(u"python"_s);
    spec.seccomp = SeccompMode::Custom;
    spec.seccompProfile = CustomProfile;
    QTest::newRow("custom_profile") << spec << identity();

    spec = specFor(u"python"_s);
    spec.keep = true;
    spec.readonlyRoot = false;
    QTest::newRow("keep_writable_root") << spec << identity();

    spec = specFor(u"python"_s);
    SandboxIdentity id = identity();
    id.initPath.clear();
    id.hostsPath.clear();
    id.guestVolume = u"isol8-guest-0123abcd"_s;
    QTest::newRow("volume") << spec << id;

    spec = specFor(u"python"_s);
    spec.isolation = u"runsc"_s;
    QTest::newRow("isolation_runsc") << spec << identity();

    spec = specFor(u"python"_s);
    spec.memory = 64 * GiB;
    spec.cpus = 15.999999999;
    spec.pids = 4194304;
    spec.sandboxSize = 32 * GiB;
    spec.tmpSize = 8 * GiB;
    QTest::newRow("big_limits") << spec << identity();

    spec = specFor(u"bash"_s);
    spec.memory = MinimumMemory;
    spec.cpus = 0.01;
    spec.pids = MinimumPids;
    spec.sandboxSize = 64 * KiB;
    spec.tmpSize = 64 * KiB;
    id = identity();
    id.session = u"lesson 3 \"quoted\""_s;
    id.purpose = u"session"_s;
    QTest::newRow("small_limits_session") << spec << id;
}

void tst_create_request::golden()
{
    QFETCH(SandboxSpec, spec);
    QFETCH(SandboxIdentity, id);
    const auto checked = checkSpec(spec);
    QVERIFY2(checked, qPrintable(checked ? QString() : checked.error().message));
    const QByteArray found = QJsonDocument(withShortProfile(createRequest(spec, id))).toJson();

    const QDir folder(QStringLiteral(ISOL8_SOURCE_DIR "/tests/engine/golden"));
    QFile file(folder.filePath(u"create_%1.json"_s.arg(QLatin1StringView(QTest::currentDataTag()))));
    if (qEnvironmentVariableIsSet("ISOL8_UPDATE_GOLDEN")) {
        QVERIFY(folder.mkpath(u"."_s) && file.open(QIODevice::WriteOnly | QIODevice::Truncate));
        QCOMPARE(file.write(found), found.size());
        return;
    }
    QVERIFY2(file.open(QIODevice::ReadOnly), qPrintable(file.fileName() + u": "_s + file.errorString()));
    const QByteArray expected = file.readAll();
    const QByteArray changes = difference(expected, found);
    QVERIFY2(changes.isEmpty(), qPrintable(u"the request differs; ISOL8_UPDATE_GOLDEN=1 writes the file anew:"_s +
                                           QString::fromUtf8(changes)));
}

void tst_create_request::noSecretNorCallerInEnvironment()
{
    const QJsonArray env = createRequest(specFor(u"python"_s), identity())[u"Env"_s].toArray();
    QCOMPARE(env.size(), 1);
    QVERIFY(env[0].toString().startsWith(u"PATH="));
}

void tst_create_request::lostProfileFailsClosed()
{
    for (const SeccompMode mode : {SeccompMode::Strict, SeccompMode::Custom}) {
        SandboxSpec spec = specFor(u"python"_s);
        spec.seccomp = mode;
        spec.seccompProfile.clear();
        const QJsonArray options =
            createRequest(spec, identity())[u"HostConfig"_s].toObject()[u"SecurityOpt"_s].toArray();
        QCOMPARE(options[1].toString().toUtf8(), "seccomp=" + seccompProfile(SeccompMode::Strict, {}).value());
    }
}

QTEST_GUILESS_MAIN(tst_create_request)
#include "tst_create_request.moc"
