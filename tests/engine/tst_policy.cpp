// SPDX-License-Identifier: GPL-3.0-or-later
// test: unit; policy
#include <isol8/policy/SandboxSpec.h>

#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include <functional>
#include <limits>

using namespace isol8;
using namespace Qt::StringLiterals;

using Change = std::function<void(SandboxSpec &)>;
Q_DECLARE_METATYPE(Change)

class tst_policy : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void check_data();
    void check();
    void names();
    void profile_data();
    void profile();
    void profileMissing();
};

void tst_policy::check_data()
{
    QTest::addColumn<Change>("change");
    QTest::addColumn<QString>("code"); // empty: accepted
    QTest::addColumn<QStringList>("words");
    const auto row = [](const char *name, Change change, QStringView code, const QStringList &words) {
        QTest::newRow(name) << std::move(change) << code.toString() << words;
    };
    const double infinity = std::numeric_limits<double>::infinity();
    const auto good = [&](const char *name, Change change) { row(name, std::move(change), {}, {}); };
    good("defaults", [](SandboxSpec &) {});
    good("least memory", [](SandboxSpec &s) { s.memory = MinimumMemory; });
    row("memory too low", [](SandboxSpec &s) { s.memory = MinimumMemory - 1; }, errors::LimitTooLow,
        {u"memoryLimit"_s, u"16777215"_s, u"16m"_s});
    row("memory zero", [](SandboxSpec &s) { s.memory = 0; }, errors::LimitTooLow, {u"memoryLimit"_s, u"16m"_s});
    row("memory negative", [](SandboxSpec &s) { s.memory = -1; }, errors::LimitTooLow, {u"memoryLimit"_s, u"-1"_s});
    row("memory absurd", [](SandboxSpec &s) { s.memory = std::numeric_limits<qint64>::max(); }, errors::BadValue,
        {u"memoryLimit"_s});
    good("least cpus", [](SandboxSpec &s) { s.cpus = 0.01; });
    row("cpus zero", [](SandboxSpec &s) { s.cpus = 0; }, errors::LimitTooLow, {u"cpuLimit"_s, u"0.01"_s});
    row("cpus below", [](SandboxSpec &s) { s.cpus = 0.0099; }, errors::LimitTooLow, {u"cpuLimit"_s, u"0.0099"_s});
    row("cpus negative", [](SandboxSpec &s) { s.cpus = -1; }, errors::LimitTooLow, {u"cpuLimit"_s, u"-1"_s});
    row("cpus NaN", [](SandboxSpec &s) { s.cpus = std::numeric_limits<double>::quiet_NaN(); }, errors::BadValue,
        {u"cpuLimit"_s});
    row("cpus infinite", [=](SandboxSpec &s) { s.cpus = infinity; }, errors::BadValue, {u"cpuLimit"_s});
    row("cpus minus infinite", [=](SandboxSpec &s) { s.cpus = -infinity; }, errors::BadValue, {u"cpuLimit"_s});
    row("cpus absurd", [](SandboxSpec &s) { s.cpus = 1e12; }, errors::BadValue, {u"cpuLimit"_s, u"4096"_s});
    good("least pids", [](SandboxSpec &s) { s.pids = MinimumPids; });
    row("pids too low", [](SandboxSpec &s) { s.pids = MinimumPids - 1; }, errors::LimitTooLow,
        {u"pidsLimit"_s, u"3"_s, u"4"_s});
    row("pids unlimited", [](SandboxSpec &s) { s.pids = -1; }, errors::LimitTooLow, {u"pidsLimit"_s, u"-1"_s});
    row("pids absurd", [](SandboxSpec &s) { s.pids = 4194305; }, errors::BadValue, {u"pidsLimit"_s});
    good("least tmpfs", [](SandboxSpec &s) { s.sandboxSize = s.tmpSize = 64 * KiB; });
    row("sandbox too small", [](SandboxSpec &s) { s.sandboxSize = 64 * KiB - 1; }, errors::LimitTooLow,
        {u"sandboxSize"_s, u"65535"_s, u"64k"_s});
    row("sandbox unlimited", [](SandboxSpec &s) { s.sandboxSize = 0; }, errors::LimitTooLow, {u"sandboxSize"_s});
    row("sandbox absurd", [](SandboxSpec &s) { s.sandboxSize = qint64(1) << 60; }, errors::BadValue,
        {u"sandboxSize"_s});
    row("tmp too small", [](SandboxSpec &s) { s.tmpSize = 4096; }, errors::LimitTooLow,
        {u"tmpSize"_s, u"4096"_s, u"64k"_s});
    row("image empty", [](SandboxSpec &s) { s.image.clear(); }, errors::BadRequest, {u"image"_s});
    row("image with a line feed", [](SandboxSpec &s) { s.image = u"isol8:python\n"_s; }, errors::BadRequest,
        {u"image"_s});
    row("image with a space", [](SandboxSpec &s) { s.image = u"isol8: python"_s; }, errors::BadRequest, {u"image"_s});
    row("image like a flag", [](SandboxSpec &s) { s.image = u"--privileged"_s; }, errors::BadRequest, {u"image"_s});
    row("image not ASCII", [](SandboxSpec &s) { s.image = u"isol8:pythön"_s; }, errors::BadRequest, {u"image"_s});
    row("image too long", [](SandboxSpec &s) { s.image = QString(513, u'a'); }, errors::BadRequest,
        {u"image"_s, u"512"_s});
    good("image by digest", [](SandboxSpec &s) { s.image = u"sha256:"_s + QString(64, u'a'); });
    row("runtime with an escape", [](SandboxSpec &s) { s.runtime = u"\x1b[2J"_s; }, errors::BadRequest, {u"runtime"_s});
    good("isolation by a dotted name", [](SandboxSpec &s) { s.isolation = u"io.containerd.kata.v2"_s; });
    row("isolation with NUL", [](SandboxSpec &s) { s.isolation = u"run"_s + QChar(0) + u"sc"_s; }, errors::BadRequest,
        {u"isolation"_s});
    row("strict without profile", [](SandboxSpec &s) { s.seccompProfile.clear(); }, errors::BadRequest,
        {u"security.seccomp"_s, u"strict"_s});
    row("strict with another profile",
        [](SandboxSpec &s) { s.seccompProfile = R"({"defaultAction":"SCMP_ACT_ALLOW"})"; }, errors::BadRequest,
        {u"security.seccomp"_s, u"custom"_s});
    row("custom without profile",
        [](SandboxSpec &s) {
            s.seccomp = SeccompMode::Custom;
            s.seccompProfile.clear();
        },
        errors::BadRequest, {u"customProfilePath"_s});
    good("custom", [](SandboxSpec &s) { s.seccomp = SeccompMode::Custom; });
    row("unconfined with a profile", [](SandboxSpec &s) { s.seccomp = SeccompMode::Unconfined; }, errors::BadRequest,
        {u"unconfined"_s});
    good("unconfined", [](SandboxSpec &s) {
        s.seccomp = SeccompMode::Unconfined;
        s.seccompProfile.clear();
    });
}

void tst_policy::check()
{
    QFETCH(Change, change);
    QFETCH(QString, code);
    QFETCH(QStringList, words);
    SandboxSpec spec;
    spec.image = u"isol8:python"_s;
    spec.runtime = u"python"_s;
    spec.seccompProfile = seccompProfile(SeccompMode::Strict, {}).value();
    change(spec);
    const auto result = checkSpec(spec);
    QCOMPARE(result ? QString() : result.error().code, code);
    for (const QString &word : words)
        QVERIFY2(result.error().message.contains(word), qPrintable(result.error().message));
    if (!result)
        QVERIFY2(result.error().message.endsWith(u'.'), qPrintable(result.error().message));
}

void tst_policy::names()
{
    for (const Network network : {Network::None, Network::Host, Network::Filtered})
        QVERIFY(networkFromString(toString(network)) == network);
    for (const SeccompMode mode : {SeccompMode::Strict, SeccompMode::Unconfined, SeccompMode::Custom})
        QVERIFY(seccompFromString(toString(mode)) == mode);
    QCOMPARE(toString(Network::Filtered), u"filtered"_s);
    QCOMPARE(toString(SeccompMode::Strict), u"strict"_s);
    QVERIFY(!networkFromString(u"None") && !networkFromString(u"") && !networkFromString(u"bridge"));
    QVERIFY(!seccompFromString(u"STRICT") && !seccompFromString(u""));
}

void tst_policy::profile_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QString>("word"); // empty: accepted
    QTest::newRow("least") << QByteArray(R"({"defaultAction": "SCMP_ACT_ERRNO"})") << QString();
    QTest::newRow("log") << QByteArray(R"({"defaultAction": "SCMP_ACT_LOG", "syscalls": []})") << QString();
    QTest::newRow("empty") << QByteArray() << u"no JSON object"_s;
    QTest::newRow("array") << QByteArray("[]") << u"no JSON object"_s;
    QTest::newRow("cut") << QByteArray(R"({"defaultAction": )") << u"no JSON object"_s;
    QTest::newRow("no action") << QByteArray(R"({"syscalls": []})") << u"defaultAction"_s;
    QTest::newRow("action of wrong type") << QByteArray(R"({"defaultAction": 1})") << u"defaultAction"_s;
    QTest::newRow("unknown action") << QByteArray(R"({"defaultAction": "ALLOW"})") << u"\"ALLOW\""_s;
    QTest::newRow("too large") << QByteArray(2 * MiB, ' ') << u"cannot be read"_s;
}

void tst_policy::profile()
{
    QFETCH(QByteArray, text);
    QFETCH(QString, word);
    QTemporaryDir folder;
    QFile file(folder.filePath(u"profile.json"_s));
    QVERIFY(file.open(QIODevice::WriteOnly) && file.write(text) == text.size());
    file.close();
    const auto result = seccompProfile(SeccompMode::Custom, file.fileName());
    QCOMPARE(result.has_value(), word.isEmpty());
    if (result) {
        QCOMPARE(*result, text);
        return;
    }
    QCOMPARE(result.error().code, errors::BadConfig);
    QVERIFY2(result.error().message.contains(word), qPrintable(result.error().message));
    QVERIFY2(result.error().message.contains(file.fileName()), qPrintable(result.error().message));
}

void tst_policy::profileMissing()
{
    QCOMPARE(seccompProfile(SeccompMode::Custom, {}).error().code, errors::BadConfig);
    QCOMPARE(seccompProfile(SeccompMode::Custom, u"/nowhere/profile.json"_s).error().code, errors::BadConfig);
    QCOMPARE(seccompProfile(SeccompMode::Custom, u"/"_s).error().code, errors::BadConfig);
    QVERIFY(seccompProfile(SeccompMode::Unconfined, {}).value().isEmpty());
    QVERIFY(seccompProfile(SeccompMode::Strict, {}).value().startsWith('{'));
}

QTEST_GUILESS_MAIN(tst_policy)
#include "tst_policy.moc"
