// SPDX-License-Identifier: GPL-3.0-or-later
// Has a sandbox started ahead of time, then shows a program's output as it comes.
#include <isol8/execution/LocalEngine.h>

#include <QCoreApplication>

#include <cstdio>

int main(int argc, char **argv)
{
    QCoreApplication app(argc, argv);
    isol8::LocalEngine engine;
    engine.start(
        {QStringLiteral("python")},
        {&app, [&](const isol8::Result<void> &started) {
             if (!started) {
                 std::fprintf(stderr, "%s\n", qPrintable(started.error().message));
                 app.exit(1);
                 return;
             }
             isol8::RunRequest request;
             request.code = QByteArray("import time\nfor i in range(3):\n  print('tick', i)\n  time.sleep(0.1)");
             isol8::Run *run = engine.execute(request);
             QObject::connect(run, &isol8::Run::output, &app, [](isol8::OutputStream stream, const QByteArray &text) {
                 std::fwrite(text.constData(), 1, size_t(text.size()),
                             stream == isol8::OutputStream::Stdout ? stdout : stderr);
             });
             QObject::connect(run, &isol8::Run::finished, &app,
                              [&](const isol8::RunResult &result) { app.exit(result.exitCode); });
         }});
    return app.exec();
}
