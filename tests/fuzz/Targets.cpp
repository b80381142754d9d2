// SPDX-License-Identifier: GPL-3.0-or-later
#include "Targets.h"

#include "Functions.h"

#include <algorithm>

namespace isol8::fuzz {

namespace {

#define WORDS(name, ...) constexpr const char *name[] = {__VA_ARGS__};
WORDS(httpWords, "HTTP/1.1 200 OK\r\n", "HTTP/1.1 101 UPGRADED\r\n", "Content-Length: 5\r\n", "\r\n\r\n",
      "Transfer-Encoding: chunked\r\n", "0\r\n\r\n", "5\r\nhello\r\n", "Connection: close\r\n", "GET / HTTP/1.1\r\n",
      "POST /execute HTTP/1.1\r\n", "Host: a\r\n", "CONNECT a:443 HTTP/1.1\r\n", "GET http://a/ HTTP/1.1\r\n",
      "Expect: 100-continue\r\n", "Upgrade: tcp\r\n", "HTTP/1.1 100 Continue\r\n\r\n", ";ext=1", "@", "[::1]", ":80")
WORDS(jsonWords, "{", "}", "[", "]", "\"", "\\u0000", "\\", ":", ",", "null", "true", "1e999", "-1", "9007199254740993",
      "\"code\":", "\"files\":{\"/sandbox/a\":\"b\"}", "\"timeoutMs\":", "\"network\":\"filtered\"",
      "\"networkFilter\":{\"whitelist\":[\"a\"]}", "\"memoryLimit\":\"1g\"", "{\"type\":\"stdout\",\"data\":\"x\"}",
      "{\"type\":\"exit\",\"data\":\"0\",\"result\":{}}", "\"base64\":\"AA==\"", "\"defaults\":{", "\"versions\":{",
      "\"tarball\":\"https://registry.example/x.tgz\"", "\"url\":\"x.whl\"", "<a href=\"https://evil/x.whl\">",
      "\"KernelVersion\":\"6.1\"", "\"Warnings\":[\"x\"]", "\"Components\":[{\"Name\":\"runc\",\"Version\":\"1\"}]")
WORDS(urlWords, "https://", "http://", "example.com", ":443", "/../", "%2e%2e", "%00", "@", "#", "?", "127.0.0.1",
      "[::ffff:1.2.3.4]", "xn--", "0x7f.1", ".", "..", "\\", "localhost", "(?i)", ".*", "(a|b)+", "[a-z]{1,9}",
      "//registry.npmjs.org/:_authToken=${X}", "registry=", "[global]\n",
      "index-url = ", "machine a login b password c", "ca[]=", "- ", "'", "\"", "npm:", "==1", ">=", "\n", "\t", "é",
      "\xef\xbf\xbd", "held", "open", "calls\t")
WORDS(frameWords, "\x16\x03\x01", "\x05\x01\x00", "\x05\x01\x00\x03", "\x81\x05hello", "\x88\x02", "ustar",
      "s3cret/key+", "c3NjcmV0", "01234567", "\xff\xff\xff\xff", "\x7f\xff\xff\xff", "path=a\n")
WORDS(factWords, "cap.bounding=", "cap.effective=", "root.readonly=", "mounts.writable=", "net=", "lo", "eth0",
      "seccomp=", "mount:/tmp=", "tmpfs rw,nosuid,nodev,relatime 536870912",
      "memory.max=", "memory.swap.max=", "pids.max=", "max", "00000000000001e0", "oom_kill 1\n", "CapBnd:\t",
      " - tmpfs tmpfs rw\n", "\\040", "TCP: inuse 0 ", "Tcp: ActiveOpens\n", ") S ", "65536", "\n", "=", "0", "1", "-1",
      "18446744073709551616")
WORDS(liveWords, "R\n", "B 0123456789abcdef\n", "E 0123456789abcdef 0\n", "D 5 text/plain\n", "D 67108864 image/png\n",
      " 255\n", " 18446744073709551615", "\t", "+", "-")
WORDS(mcpWords, "{\"jsonrpc\":\"2.0\",", "\"id\":1,", "\"id\":\"a\",", "\"id\":null,", "\"method\":\"tools/call\"",
      "\"params\":{}", "\"params\":[]", "\"result\":{}", "\"error\":{}", "[", "]", "{", "}", ",", "\n")
WORDS(screenWords, "\x1b[", "\x1b[?1049h", "\x1b[?25l", "\x1b[0m", "\x1b[38;5;1m", "\x1b[48;2;1;2;3m", "\x1b]0;a\a",
      "\x1b(0", "\x1b[2K", "\x1b[K", "\x1b=", "\x1bP", "\x1b\\", "\r", "\b", "\t", "\n", "\x18", "\x1b[>4;2m",
      "\x1b[!p",
      "\x1b"
      "c",
      "é")
#undef WORDS

constexpr Target list[] = {
    {"http-response", httpResponse, httpWords},
    {"request", requestHead, httpWords},
    {"websocket", webSocket, frameWords},
    {"events", eventLines, jsonWords},
    {"proxy-request", proxyRequest, httpWords},
    {"door", door, httpWords},
    {"client-hello", clientHello, frameWords},
    {"socks", socks, frameWords},
    {"host", host, urlWords},
    {"hosts-file", hostsFile, urlWords},
    {"host-patterns", hostPatterns, urlWords},
    {"host-rules", hostRules, urlWords},
    {"frames", frames, frameWords},
    {"guest-messages", guestMessages, frameWords},
    {"hello-facts", helloFacts, factWords},
    {"kernel-text", kernelText, factWords},
    {"wall-lines", wallLines, urlWords},
    {"live-headers", liveHeaders, liveWords},
    {"tar", tar, frameWords},
    {"tar-members", tarMembers, urlWords},
    {"multiplex", multiplex, frameWords},
    {"docker-json", dockerJson, jsonWords},
    {"docker-answers", dockerAnswers, jsonWords},
    {"installer-settings", installerSettings, urlWords},
    {"registry-bodies", registryBodies, jsonWords},
    {"registry-paths", registryPaths, urlWords},
    {"code-url", codeUrl, urlWords},
    {"code-cache", codeCache, jsonWords},
    {"addresses", addresses, urlWords},
    {"config", config, jsonWords},
    {"json-outline", jsonOutline, jsonWords},
    {"runtimes", runtimes, jsonWords},
    {"requests", requests, jsonWords},
    {"service-messages", serviceMessages, jsonWords},
    {"stream-events", streamEvents, jsonWords},
    {"listings", listings, jsonWords},
    {"snapshot-file", snapshotFile, jsonWords},
    {"audit-chain", auditChain, jsonWords},
    {"record", runRecord, jsonWords},
    {"words", words, urlWords},
    {"packages", packages, urlWords},
    {"ignore-rules", ignoreRules, urlWords},
    {"output", outputFilter, frameWords},
    {"secrets", secrets, frameWords},
    {"screen-modes", screenModes, screenWords},
    {"output-document", outputDocument, screenWords},
    {"mcp-lines", mcpLines, mcpWords},
};

} // namespace

std::span<const Target> targets()
{
    return list;
}

const Target *findTarget(QByteArrayView name)
{
    const auto found = std::find_if(std::begin(list), std::end(list), [&](const Target &t) { return name == t.name; });
    return found == std::end(list) ? nullptr : &*found;
}

} // namespace isol8::fuzz
