// SPDX-License-Identifier: GPL-3.0-or-later
// Runs one program, waits for its result, and prints it.
#include <isol8/execution/LocalEngine.h>

#include <QCoreApplication>
#include <QFutureWatcher>

#include <cstdio>

int main(int argc, char **argv)
{
    QCoreApplication app(argc, argv);
    isol8::LocalEngine engine;

    isol8::RunRequest request;
    request.code = QByteArray("print(sum(range(10)))");
    request.runtime = QStringLiteral("python");
    isol8::RunOptions options;
    options.memoryLimit = 128 * isol8::MiB;

    isol8::Run *run = engine.execute(request, options);
    QFutureWatcher<isol8::RunResult> watcher;
    QObject::connect(&watcher, &QFutureWatcher<isol8::RunResult>::finished, &app, [&] {
        const isol8::RunResult result = watcher.result();
        std::printf("%s", result.stdoutText.constData());
        std::printf("%s: exit code %d after %lld ms\n", qPrintable(isol8::toString(result.reason)), result.exitCode,
                    static_cast<long long>(result.durationMs));
        app.exit(result.exitCode);
    });
    watcher.setFuture(run->future());
    return app.exec();
}
