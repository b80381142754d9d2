// SPDX-License-Identifier: GPL-3.0-or-later
// test: fake; execution
// What goes on around an installer when its sandbox goes in the middle.
#include "support/FakeDocker.h"

#include <isol8/docker/Client.h>
#include <isol8/execution/CompileCache.h>
#include <isol8/execution/Installation.h>
#include <isol8/execution/RunHost.h>
#include <isol8/execution/SessionTerms.h>
#include <isol8/sandbox/Sandbox.h>

#include <QSignalSpy>
#include <QTest>

#include <memory>

using namespace isol8;
using namespace isol8::test;
using namespace Qt::StringLiterals;

namespace {

class StubHost final : public RunHost
{
public:
    explicit StubHost(docker::Client *docker)
        : m_client(docker)
    {
    }

    [[nodiscard]] PlanContext planContext() const override { return {m_config, m_runtimes}; }
    [[nodiscard]] Result<void> enqueue(LocalRun *, int) override { return {}; }
    void leave(LocalRun *) override {}
    [[nodiscard]] docker::Client *client() const override { return m_client; }
    [[nodiscard]] egress::Resolver *resolver() const override { return nullptr; }
    [[nodiscard]] registry::Registries *registries() override
    {
        asked = true;
        return nullptr;
    }
    [[nodiscard]] remotecode::Loader *codeLoader() const override { return nullptr; }
    [[nodiscard]] Sandbox *takePooled(const SandboxSpec &, LocalRun *) override { return nullptr; }
    void customImages(Callback<ImageCatalogue::Images>) override {}
    [[nodiscard]] CompileCache &compiled() override { return m_compiled; }
    [[nodiscard]] Session *findSession(const QString &, const QString &) const override { return nullptr; }
    [[nodiscard]] const SessionTerms &termsOf(Session *) const override { return m_terms; }
    [[nodiscard]] Session *makeSession(const QString &, const QString &, SessionTerms) override { return nullptr; }
    void endSession(Session *) override {}
    void prepareIdentity(const QString &, const QString &, const QString &, Callback<SandboxIdentity>) override {}
    void release(Sandbox *, const QString &, bool) override {}
    void started() override {}

    bool asked = false; //!< for the registries: it went on

private:
    docker::Client *m_client;
    CompileCache m_compiled;
    SessionTerms m_terms;
    Config m_config;
    RuntimeRegistry m_runtimes = RuntimeRegistry::builtIn();
};

} // namespace

class tst_installation : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void sandboxGoesMeanwhile();
};

// A cancelled run lets go of its sandbox while the daemon still looks for the image.
void tst_installation::sandboxGoesMeanwhile()
{
    FakeDocker fake;
    FakePeer *asks = nullptr;
    fake.handler = [&](const FakeRequest &request, FakePeer &peer) -> std::optional<FakeReply> {
        if (request.is("GET /images/"))
            asks = &peer;
        return std::nullopt;
    };
    docker::Client client(fake.endpoint());
    StubHost host(&client);
    SandboxSpec spec;
    spec.image = u"isol8:python"_s;
    auto sandbox = std::make_unique<Sandbox>(&client, spec, SandboxIdentity(), nullptr);
    Installation installation(&host, sandbox.get(), {u"x"_s});
    QSignalSpy prepared(&installation, &Installation::prepared);
    QSignalSpy failed(&installation, &Installation::failed);
    installation.prepare();
    QTRY_VERIFY(asks);
    sandbox.reset();
    asks->reply(FakeReply::answer(200, R"({"Id": "sha256:1"})"));
    QTest::qWait(200);
    QVERIFY(!host.asked);
    QCOMPARE(prepared.size() + failed.size(), 0);
}

QTEST_GUILESS_MAIN(tst_installation)
#include "tst_installation.moc"
