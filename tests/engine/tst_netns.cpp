// SPDX-License-Identifier: GPL-3.0-or-later
// test: docker; execution egress http
// Each runtime by its ordinary clients against servers of another network: a network namespace of the test's own, with
// private addresses that network.allowPrivate opens one of, and names that only the test's resolver knows.
#include "support/Certificates.h"
#include "support/CodeServer.h"
#include "support/Docker.h"
#include "support/NetworkNamespace.h"

#include <isol8/execution/LocalEngine.h>

#include <QDir>
#include <QEventLoop>
#include <QJsonArray>
#include <QTcpServer>
#include <QTemporaryDir>
#include <QTest>
#include <QTimer>

#include <memory>

#include <unistd.h>

using namespace isol8;
using namespace Qt::StringLiterals;

namespace {

// Ports 80 and 443 of every address there: files, below /repo.git a Git repository, below /simple an index for pip,
// below /npm a registry for npm, below /debian a repository for apt.
constexpr char Servers[] = R"PY(
import http.server, os, socketserver, ssl, sys, threading
class Handler(http.server.SimpleHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    def log_message(self, *a): pass
class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
def watch():
    sys.stdin.read()
    os._exit(0)
print('waiting', flush=True)
sys.stdin.readline()
threading.Thread(target=watch, daemon=True).start()
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

// In a folder of its own.
constexpr char Site[] = R"SH(
set -e
printf page > x
git init -q work
echo hello > work/file
git -C work add file
git -C work -c user.name=t -c user.email=t@t commit -qm one
git clone -q --bare work repo.git
git -C repo.git update-server-info
mkdir -p simple/verdict npm debian hello/DEBIAN
python3 - <<'END'
import zipfile
name = 'verdict-1.0-py3-none-any.whl'
with zipfile.ZipFile('simple/verdict/' + name, 'w') as z:
    z.writestr('verdict.py', 'value = 42')
    z.writestr('verdict-1.0.dist-info/METADATA', 'Metadata-Version: 2.1\nName: verdict\nVersion: 1.0\n')
    z.writestr('verdict-1.0.dist-info/WHEEL', 'Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n')
    z.writestr('verdict-1.0.dist-info/RECORD', '')
open('simple/verdict/index.html', 'w').write(f'<html><body><a href="{name}">{name}</a></body></html>')
END
printf '{"name":"verdict","dist-tags":{"latest":"1.0.0"},"versions":{"1.0.0":{"name":"verdict","version":"1.0.0","dist":{"tarball":"x.tgz"}}}}' > npm/verdict
printf 'Package: hello\nVersion: 1\nArchitecture: all\nMaintainer: t <t@t>\nDescription: t\n' > hello/DEBIAN/control
dpkg-deb -b hello debian/hello.deb > /dev/null
{ cat hello/DEBIAN/control
  printf 'Filename: ./hello.deb\nSize: %s\nSHA256: %s\n' "$(stat -c %s debian/hello.deb)" "$(sha256sum < debian/hello.deb | cut -d ' ' -f 1)"
} > debian/Packages
)SH";

// The sandboxes' Python has no Requests: Debian's, unpacked over its image.
constexpr char RequestsImage[] = R"SH(
set -e
mkdir debs
cd debs
apt-get -q download python3-requests python3-urllib3 python3-chardet python3-idna python3-certifi python3-six
for deb in *.deb; do dpkg-deb -x "$deb" root; done
printf 'FROM isol8:python\nCOPY root/usr/lib/python3/dist-packages /usr/lib/python3/dist-packages/\n' > Dockerfile
docker build -q -t "$1" .
)SH";

// Their images have no apt: this machine's, with all that it loads.
constexpr char AptImage[] = R"SH(
set -e
mkdir -p apt/root
cd apt
programs='/usr/bin/apt-get /usr/lib/apt/methods/http /usr/lib/apt/methods/https /usr/lib/apt/methods/store'
for program in $programs; do
  cp --parents -L "$program" root
  ldd "$program" | sed -n 's/.*=> \(\/[^ ]*\).*/\1/p'
done | sort -u > libraries
mkdir -p root/usr/local/lib/apt
xargs -I '{}' cp -L '{}' root/usr/local/lib/apt/ < libraries
rm -f root/usr/local/lib/apt/libc.so.6 root/usr/local/lib/apt/libm.so.6
printf 'FROM isol8:bash\nCOPY root /\n' > Dockerfile
docker build -q -t "$1" .
)SH";

} // namespace

class tst_netns : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void cleanupTestCase();
    void fetches_data();
    void fetches();
    void ownAddress();

private:
    bool script(const char *text, const QString &argument = {});
    void makeImages();
    RunResult run(const QString &runtime, const QByteArray &code, const QString &image = {});

    QHash<QString, QString> m_images; //!< of the test's own, by what they are for
    QTemporaryDir m_folder;
    test::Certificates m_certificates;
    test::NetworkNamespace m_network;
    QString m_own; //!< a public address that is this machine's
    std::unique_ptr<LocalEngine> m_engine;
};

bool tst_netns::script(const char *text, const QString &argument)
{
    const QString folder = m_folder.filePath(u"site"_s);
    QDir().mkpath(folder);
    return m_network.command({u"bash"_s, u"-c"_s, u"cd \"$1\"; shift\n"_s + QString::fromLatin1(text), u"bash"_s,
                              argument.isEmpty() ? folder : m_folder.path(), argument});
}

void tst_netns::makeImages()
{
    // Those of a test that was killed.
    m_network.command({u"bash"_s, u"-c"_s,
                       u"docker images --format '{{.Repository}}:{{.Tag}}' isol8-test | while read -r image; do "
                       "pid=${image#isol8-test:i8d}; pid=${pid%%-*}; [[ $pid =~ ^[0-9]+$ ]] && [ ! -d /proc/$pid ] && "
                       "docker image rm -f $image; done; true"_s});
    for (const auto &[what, text] : {std::pair{u"requests"_s, RequestsImage}, std::pair{u"apt"_s, AptImage}}) {
        const QString tag = u"isol8-test:%1-%2"_s.arg(m_network.link(), what);
        if (script(text, tag))
            m_images.insert(what, tag);
    }
}

void tst_netns::initTestCase()
{
    QVERIFY2(test::Certificates::possible(), "openssl is missing");
    QVERIFY(m_certificates.makeAuthority(u"ca"_s));
    QVERIFY(m_certificates.makeCertificate(u"server"_s, u"ca"_s, u"allowed.test"_s,
                                           u"DNS:allowed.test,DNS:denied.test,DNS:inner.test"_s, false));
    if (!m_network.make(Servers, {m_folder.filePath(u"site"_s), m_certificates.path() + u"/server.crt"_s,
                                  m_certificates.path() + u"/server.key"_s}))
        QSKIP(qPrintable(m_network.problem()));
    QVERIFY2(script(Site), qPrintable(m_network.problem()));
    QVERIFY2(m_network.serve(), qPrintable(m_network.problem()));
    m_own = u"11"_s + m_network.address(1).mid(2);
    QVERIFY2(m_network.command({u"ip"_s, u"addr"_s, u"add"_s, m_own + u"/32"_s, u"dev"_s, m_network.link()}),
             qPrintable(m_network.problem()));
    makeImages();

    auto names = std::make_shared<test::ScriptedResolver>();
    names->answers[u"allowed.test"_s] = {{m_network.address(2)}};
    names->answers[u"denied.test"_s] = {{m_network.address(3)}};
    names->answers[u"inner.test"_s] = {{m_network.address(3)}};
    names->answers[u"own.test"_s] = {{m_own}};
    LocalEngineOptions options;
    options.resolver = names;
    options.config.network.whitelist = QStringList{u"allowed.test"_s, u"inner.test"_s, u"own.test"_s};
    options.config.network.allowPrivate = QStringList{m_network.address(2) + u"/32"_s};
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
    for (const QString &tag : std::as_const(m_images))
        m_network.command({u"docker"_s, u"image"_s, u"rm"_s, u"-f"_s, tag});
}

RunResult tst_netns::run(const QString &runtime, const QByteArray &code, const QString &image)
{
    RunRequest request;
    request.runtime = runtime;
    request.code = code;
    request.timeout = milliseconds(120000);
    const QString authority = u"/sandbox/ca.pem"_s;
    for (const char *name : {"SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS", "DENO_CERT", "CURL_CA_BUNDLE", "GIT_SSL_CAINFO",
                             "REQUESTS_CA_BUNDLE", "PIP_CERT"})
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
    QTest::addColumn<QString>("image");   // what it is for; empty: the runtime's
    QTest::addColumn<int>("refusals");
    const auto row = [](const char *name, const QString &runtime, const QByteArray &code, const QString &image = {},
                        int refusals = 4) { QTest::newRow(name) << runtime << code << image << refusals; };
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
            "    except OSError: print('refused')\n",
        u"requests"_s);
    // Slow to start: each host that is refused once.
    const QByteArray few = "for scheme, host in (('http', 'allowed'), ('https', 'allowed'), ('http', 'denied'), "
                           "('https', 'inner')):\n";
    row("python, pip", u"python"_s,
        "import os, subprocess, sys\n" + few +
            "  trust = ['--trusted-host', f'{host}.test'] if scheme == 'http' else []\n"
            "  subprocess.run([sys.executable, '-m', 'pip', 'download', '-q', '--no-deps', '--no-cache-dir', "
            "'--disable-pip-version-check', '--retries', '0', '-d', f'/sandbox/{host}-{scheme}', '-i', "
            "f'{scheme}://{host}.test/simple/', *trust, 'verdict'], stderr=subprocess.DEVNULL)\n"
            "  there = os.path.exists(f'/sandbox/{host}-{scheme}/verdict-1.0-py3-none-any.whl')\n"
            "  print('page' if there else 'refused')\n",
        {}, 2);
    row("node, npm", u"node"_s,
        "const { spawnSync } = require('child_process');\n"
        "for (const [scheme, host] of [['http', 'allowed'], ['https', 'allowed'], ['http', 'denied'], "
        "['https', 'inner']]) {\n"
        "  const npm = spawnSync('npm', ['view', 'verdict', 'version', '--fetch-retries=0', '--cache=/tmp/.npm', "
        "'--no-update-notifier', `--registry=${scheme}://${host}.test/npm/`]);\n"
        "  console.log(String(npm.stdout).trim() === '1.0.0' ? 'page' : 'refused');\n"
        "}\n",
        {}, 2);
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
        loop + "rm -rf copy; git clone -q $scheme://$host.test/repo.git copy 2>/dev/null && grep -q hello "
               "copy/file && echo page || echo refused\ndone; done\n");
    row("bash, apt", u"bash"_s,
        "export LD_LIBRARY_PATH=/usr/local/lib/apt\n" + loop +
            "rm -rf apt got; mkdir -p apt/state/lists/partial apt/cache/archives/partial apt/etc got; "
            "touch apt/status\n"
            "echo \"deb [trusted=yes] $scheme://$host.test/debian ./\" > apt/etc/sources.list\n"
            "options='-q -o Dir::Etc=/sandbox/apt/etc -o Dir::State=/sandbox/apt/state -o "
            "Dir::State::status=/sandbox/apt/status -o Dir::Cache=/sandbox/apt/cache -o APT::Architecture=amd64 -o "
            "Acquire::Retries=0 -o Acquire::https::CaInfo=/sandbox/ca.pem -o Acquire::Languages=none'\n"
            "(apt-get $options update && cd got && apt-get $options download hello) >/dev/null 2>&1\n"
            "[ -e got/hello_1_all.deb ] && echo page || echo refused\ndone; done\n",
        u"apt"_s);
}

void tst_netns::fetches()
{
    QFETCH(QString, runtime);
    QFETCH(QByteArray, code);
    QFETCH(QString, image);
    QFETCH(int, refusals);
    if (!dockertest::hasImage(u"isol8:"_s + runtime))
        QSKIP("the runtime's image is not built");
    if (!image.isEmpty() && !m_images.contains(image))
        QSKIP(qPrintable(u"no image for it could be built: "_s + m_network.problem()));
    const RunResult result = run(runtime, code, m_images.value(image));
    QCOMPARE(result.stderrText, QByteArray());
    QCOMPARE(result.stdoutText, "page\npage\n" + QByteArray("refused\n").repeated(refusals));
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

// What listens at an address of this machine is no public host, whatever range the address is in.
void tst_netns::ownAddress()
{
    QTcpServer listener;
    QVERIFY(listener.listen(QHostAddress(m_own), 80));
    const RunResult result = run(u"python"_s, "import urllib.request\n"
                                              "try: print(urllib.request.urlopen('http://own.test/x').status)\n"
                                              "except OSError as e: print(e.code)\n");
    QCOMPARE(result.stdoutText, QByteArray("403\n"));
    QCOMPARE(result.networkLogs.size(), 1);
    QCOMPARE(result.networkLogs.first()[u"action"].toString(), u"BLOCK"_s);
    QCOMPARE(result.networkLogs.first()[u"reason"].toString(), u"private_address"_s);
    QVERIFY(!listener.hasPendingConnections());
}

QTEST_GUILESS_MAIN(tst_netns)
#include "tst_netns.moc"
