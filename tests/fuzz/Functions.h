// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArrayView>

// The functions of all targets (Target::run), a file a group.
namespace isol8::fuzz {

// HttpTargets.cpp
void httpResponse(QByteArrayView input);
void requestHead(QByteArrayView input);
void webSocket(QByteArrayView input);
void eventLines(QByteArrayView input);
// DoorTargets.cpp
void proxyRequest(QByteArrayView input);
void door(QByteArrayView input);
void clientHello(QByteArrayView input);
void socks(QByteArrayView input);
void host(QByteArrayView input);
void hostsFile(QByteArrayView input);
void hostPatterns(QByteArrayView input);
void hostRules(QByteArrayView input);
// GuestTargets.cpp
void frames(QByteArrayView input);
void guestMessages(QByteArrayView input);
void helloFacts(QByteArrayView input);
void kernelText(QByteArrayView input);
void wallLines(QByteArrayView input);
void liveHeaders(QByteArrayView input);
void tar(QByteArrayView input);
void tarMembers(QByteArrayView input);
// DockerTargets.cpp
void multiplex(QByteArrayView input);
void dockerJson(QByteArrayView input);
void dockerAnswers(QByteArrayView input);
// WebTargets.cpp
void installerSettings(QByteArrayView input);
void registryBodies(QByteArrayView input);
void registryPaths(QByteArrayView input);
void codeUrl(QByteArrayView input);
void codeCache(QByteArrayView input);
void addresses(QByteArrayView input);
// JsonTargets.cpp
void config(QByteArrayView input);
void jsonOutline(QByteArrayView input);
void runtimes(QByteArrayView input);
void requests(QByteArrayView input);
void serviceMessages(QByteArrayView input);
void streamEvents(QByteArrayView input);
void listings(QByteArrayView input);
void snapshotFile(QByteArrayView input);
void auditChain(QByteArrayView input);
void runRecord(QByteArrayView input);
// TextTargets.cpp
void words(QByteArrayView input);
void packages(QByteArrayView input);
void ignoreRules(QByteArrayView input);
void outputFilter(QByteArrayView input);
void secrets(QByteArrayView input);
void screenModes(QByteArrayView input);
void outputDocument(QByteArrayView input);
void mcpLines(QByteArrayView input);

} // namespace isol8::fuzz
