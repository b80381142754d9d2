// SPDX-License-Identifier: GPL-3.0-or-later
// test: docker; execution egress http
// Each runtime by its ordinary clients against servers of another network: a network namespace of the test's own, with
// private addresses that network.allowPrivate opens one of, and names that only the test's resolver knows.
#include "support/Certificates.h"
#include "support/CodeServer.h"
#include "support/Docker.h"

#include <isol8/execution/LocalEngine.h>

#include <QDir>
#include <QEventLoop>
#include <QJsonArray>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>
#include <QTimer>

#include <memory>

#include <unistd.h>

using namespace isol8;
using namespace Qt::StringLiterals;

namespace {

// Ports 80 and 443 of every address there, and a Git repository below /repo.git.
constexpr char Servers[] = R"PY(
import functools, http.server, os, socketserver, ssl, sys, threading
class Handler(http.server.SimpleHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    def log_message(self, *a): pass
class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
os.chdir(sys.argv[1])
plain = Server(('0.0.0.0', 80), Handler)
secure = Server(('0.0.0.0', 443), Handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[2], sys.argv[3])
secure.socket = context.wrap_socket(secure.socket, server_side=True, do_handshake_on_connect=False)
threading.Thread(target=plain.serve_forever, daemon=True).start()
print('ready', flush=True)
secure.serve_forever()
)PY";

} // namespace

class tst_netns : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void cleanupTestCase();
    void fetches_data();
    void fetches();

private:
    bool command(const QString &program, const QStringList &arguments);
    bool makeNetwork();
    bool makeSite();
    bool serve();
    void makeRequestsImage();
    RunResult run(const QString &runtime, const QByteArray &code, const QString &image);

    QString m_name = u"isol8-door-%1"_s.arg(::getpid());
    QString m_link = u"i8d%1"_s.arg(::getpid());
    QString m_net;      //!< "10.231.77."
    QString m_requests; //!< an image of the test's own; empty: none
    QString m_problem;
    QTemporaryDir m_folder;
    test::Certificates m_certificates;
    QProcess m_servers;
    std::unique_ptr<LocalEngine> m_engine;
};

bool tst_netns::command(const QString &program, const QStringList &arguments)
{
    QProcess process;
    process.start(program, arguments);
    if (process.waitForFinished(120000) && process.exitStatus() == QProcess::NormalExit && process.exitCode() == 0)
        return true;
    m_problem = program + u' ' + arguments.join(u' ') + u": "_s + QString::fromUtf8(process.readAllStandardError());
    return false;
}

bool tst_netns::makeNetwork()
{
    m_net = u"10.231.%1."_s.arg(::getpid() % 250);
    const auto ip = [this](const QString &words) { return command(u"ip"_s, words.split(u' ')); };
    return ip(u"netns add %1"_s.arg(m_name)) &&
           ip(u"link add %1 type veth peer name eth0 netns %2"_s.arg(m_link, m_name)) &&
           ip(u"addr add "_s + m_net + u"1/24 dev "_s + m_link) && ip(u"link set %1 up"_s.arg(m_link)) &&
           ip(u"-n "_s + m_name + u" addr add "_s + m_net + u"2/24 dev eth0"_s) &&
           ip(u"-n "_s + m_name + u" addr add "_s + m_net + u"3/24 dev eth0"_s) &&
           ip(u"-n %1 link set eth0 up"_s.arg(m_name)) && ip(u"-n %1 link set lo up"_s.arg(m_name));
}

bool tst_netns::makeSite()
{
    const QString site = m_folder.filePath(u"site"_s);
    QDir().mkpath(site);
    QFile page(site + u"/x"_s);
    return page.open(QIODevice::WriteOnly) && page.write("page") == 4 &&
           command(u"bash"_s, {u"-c"_s,
                               u"set -e; cd \"$1\"; git init -q work; cd work; echo hello > file; git add file; "
                               "git -c user.name=t -c user.email=t@t commit -qm one; cd ..; "
                               "git clone -q --bare work repo.git; cd repo.git; git update-server-info"_s,
                               u"bash"_s, site});
}

bool tst_netns::serve()
{
    m_servers.setProcessChannelMode(QProcess::MergedChannels);
    m_servers.start(u"ip"_s, {u"netns"_s, u"exec"_s, m_name, u"python3"_s, u"-c"_s, QString::fromLatin1(Servers),
                              m_folder.filePath(u"site"_s), m_certificates.path() + u"/server.crt"_s,
                              m_certificates.path() + u"/server.key"_s});
    if (m_servers.waitForReadyRead(20000) && m_servers.readAll().startsWith("ready"))
        return true;
    m_problem = u"the servers do not start: "_s + QString::fromUtf8(m_servers.readAll());
    return false;
}

// The sandboxes' Python has no Requests: Debian's, unpacked over its image.
void tst_netns::makeRequestsImage()
{
    const QString tag = u"isol8-test:%1"_s.arg(m_link);
    const QString script =
        u"set -e; mkdir \"$1/debs\"; cd \"$1/debs\"; "
        "apt-get -q download python3-requests python3-urllib3 python3-chardet python3-idna python3-certifi "
        "python3-six; "
        "for deb in *.deb; do dpkg-deb -x \"$deb\" root; done; "
        "printf 'FROM isol8:python\\nCOPY root/usr/lib/python3/dist-packages /usr/lib/python3/dist-packages/\\n' "
        "> Dockerfile; docker build -q -t \"$2\" ."_s;
    if (command(u"bash"_s, {u"-c"_s, script, u"bash"_s, m_folder.path(), tag}))
        m_requests = tag;
}

void tst_netns::initTestCase()
{
    if (::geteuid() != 0)
        QSKIP("network namespaces are made by root only");
    QVERIFY2(test::Certificates::possible(), "openssl is missing");
    QVERIFY(m_certificates.makeAuthority(u"ca"_s));
    QVERIFY(m_certificates.makeCertificate(u"server"_s, u"ca"_s, u"allowed.test"_s,
                                           u"DNS:allowed.test,DNS:denied.test,DNS:inner.test"_s, false));
    QVERIFY2(makeNetwork(), qPrintable(m_problem));
    QVERIFY2(makeSite(), qPrintable(m_problem));
    QVERIFY2(serve(), qPrintable(m_problem));

    makeRequestsImage();

    auto names = std::make_shared<test::ScriptedResolver>();
    names->answers[u"allowed.test"_s] = {{m_net + u'2'}};
    names->answers[u"denied.test"_s] = {{m_net + u'3'}};
    names->answers[u"inner.test"_s] = {{m_net + u'3'}};
    LocalEngineOptions options;
    options.resolver = names;
    options.config.network.whitelist = QStringList{u"allowed.test"_s, u"inner.test"_s};
    options.config.network.allowPrivate = QStringList{m_net + u"2/32"_s};
    m_engine = std::make_unique<LocalEngine>(options);
}

void tst_netns::cleanupTestCase()
{
    if (m_engine) {
        bool stopped = false;
        m_engine->stop({this, [&](const Result<void> &) { stopped = true; }});
        QTRY_VERIFY_WITH_TIMEOUT(stopped, 30000);
        m_engine.reset();
    }
    if (m_servers.state() != QProcess::NotRunning) {
        m_servers.kill();
        m_servers.waitForFinished(10000);
    }
    if (!m_requests.isEmpty())
        command(u"docker"_s, {u"image"_s, u"rm"_s, u"-f"_s, m_requests});
    if (!m_net.isEmpty()) {
        command(u"ip"_s, {u"netns"_s, u"del"_s, m_name});
        command(u"ip"_s, {u"link"_s, u"del"_s, m_link}); // mostly gone with the other end
    }
}

RunResult tst_netns::run(const QString &runtime, const QByteArray &code, const QString &image)
{
    RunRequest request;
    request.runtime = runtime;
    request.code = code;
    request.timeout = milliseconds(60000);
    const QString authority = u"/sandbox/ca.pem"_s;
    for (const char *name : {"SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS", "DENO_CERT", "CURL_CA_BUNDLE", "GIT_SSL_CAINFO",
                             "REQUESTS_CA_BUNDLE"})
        request.env.insert(QString::fromLatin1(name), authority);
    request.files.append({authority, m_certificates.read(u"ca.crt"_s), 0644});
    RunOptions options;
    options.network = Network::Filtered;
    options.image = image;
    options.logNetwork = true;
    const std::unique_ptr<Run> run(m_engine->execute(request, options));
    QEventLoop loop;
    connect(run.get(), &Run::finished, &loop, &QEventLoop::quit);
    loop.exec();
    return run->result();
}

void tst_netns::fetches_data()
{
    QTest::addColumn<QString>("runtime");
    QTest::addColumn<QByteArray>("code"); // prints what it gets of /x from each host, HTTP and then HTTPS
    QTest::addColumn<bool>("git");        // has its own page instead
    const auto row = [](const char *name, const QString &runtime, const QByteArray &code, bool git = false) {
        QTest::newRow(name) << runtime << code << git;
    };
    const QByteArray fetch = "for (const host of ['allowed', 'denied', 'inner'])\n"
                             "  for (const scheme of ['http', 'https'])\n"
                             "    try { const r = await fetch(`${scheme}://${host}.test/x`); "
                             "console.log(r.status === 200 ? await r.text() : 'refused') }\n"
                             "    catch (e) { console.log('refused') }\n";
    const QByteArray python = "for host in ('allowed', 'denied', 'inner'):\n"
                              "  for scheme in ('http', 'https'):\n"
                              "    url = f'{scheme}://{host}.test/x'\n";
    row("python, urllib", u"python"_s,
        "import urllib.request\n" + python +
            "    try: print(urllib.request.urlopen(url).read().decode())\n"
            "    except OSError: print('refused')\n");
    row("python, requests", u"python"_s,
        "import requests\n" + python +
            "    try:\n"
            "      r = requests.get(url)\n"
            "      print(r.text if r.status_code == 200 else 'refused')\n"
            "    except OSError: print('refused')\n");
    row("node, fetch", u"node"_s, "(async () => {\n" + fetch + "})();\n");
    row("node, http and https", u"node"_s,
        "const get = (scheme, url) => new Promise(done => require(scheme).get(url, r => { let t = ''; "
        "r.on('data', d => t += d); r.on('end', () => done(r.statusCode === 200 ? t : 'refused')) })"
        ".on('error', () => done('refused')));\n"
        "(async () => {\n"
        "for (const host of ['allowed', 'denied', 'inner'])\n"
        "  for (const scheme of ['http', 'https'])\n"
        "    console.log(await get(scheme, `${scheme}://${host}.test/x`));\n"
        "})();\n");
    row("bun, fetch", u"bun"_s, fetch);
    row("deno, fetch", u"deno"_s, fetch);
    const QByteArray loop = "for host in allowed denied inner; do for scheme in http https; do\n";
    row("bash, curl", u"bash"_s,
        loop + "curl -sSf $scheme://$host.test/x 2>/dev/null && echo || echo refused\ndone; done\n");
    row("bash, git", u"bash"_s,
        loop + "rm -rf copy; git clone -q $scheme://$host.test/repo.git copy 2>/dev/null && cat copy/file || echo "
               "refused\ndone; done\n",
        true);
}

void tst_netns::fetches()
{
    QFETCH(QString, runtime);
    QFETCH(QByteArray, code);
    QFETCH(bool, git);
    if (!dockertest::hasImage(u"isol8:"_s + runtime))
        QSKIP("the runtime's image is not built");
    const bool requests = code.startsWith("import requests");
    if (requests && m_requests.isEmpty())
        QSKIP(qPrintable(u"no image with python3-requests could be built: "_s + m_problem));
    const RunResult result = run(runtime, code, requests ? m_requests : QString());
    QCOMPARE(result.stderrText, QByteArray());
    const QByteArray page = git ? "hello\n" : "page\n";
    QCOMPARE(result.stdoutText, page + page + "refused\nrefused\nrefused\nrefused\n");
    QStringList hosts;
    for (const auto &value : result.networkLogs) {
        const QJsonObject entry = value.toObject();
        const QString host = entry.value(u"host"_s).toString();
        const bool allowed = entry.value(u"action"_s) == u"ALLOW"_s;
        QCOMPARE(allowed, host == u"allowed.test");
        if (!allowed)
            hosts.append(host + u' ' + entry.value(u"reason"_s).toString());
    }
    hosts.removeDuplicates();
    QCOMPARE(hosts, (QStringList{u"denied.test not_whitelisted"_s, u"inner.test private_address"_s}));
}

QTEST_GUILESS_MAIN(tst_netns)
#include "tst_netns.moc"
