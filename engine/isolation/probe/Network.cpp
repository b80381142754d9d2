// SPDX-License-Identifier: GPL-3.0-or-later
// Ways out by the network: past the door where there is one, and through it to where it must not lead.
#include "Report.h"

#include <cstdio>
#include <cstring>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace isol8::probe {

namespace {

constexpr int Patience = 4000; // milliseconds for what should be refused at once
constexpr in_port_t DoorPort = 8118;

// 0, or errno: of a TCP connection, or of a UDP datagram that was handed to the kernel.
int reach(const char *address, int port, int type)
{
    sockaddr_storage to{};
    socklen_t size = 0;
    auto *four = reinterpret_cast<sockaddr_in *>(&to);
    auto *six = reinterpret_cast<sockaddr_in6 *>(&to);
    if (::inet_pton(AF_INET, address, &four->sin_addr) == 1) {
        four->sin_family = AF_INET;
        four->sin_port = htons(in_port_t(port));
        size = sizeof *four;
    } else if (::inet_pton(AF_INET6, address, &six->sin6_addr) == 1) {
        six->sin6_family = AF_INET6;
        six->sin6_port = htons(in_port_t(port));
        size = sizeof *six;
    }
    const int fd = ::socket(to.ss_family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return errno;
    int code = 0;
    if (type == SOCK_DGRAM) {
        code = ::sendto(fd, "isol8", 5, 0, reinterpret_cast<sockaddr *>(&to), size) < 0 ? errno : 0;
    } else if (::connect(fd, reinterpret_cast<sockaddr *>(&to), size) != 0) {
        code = errno;
        pollfd wait{fd, POLLOUT, 0};
        socklen_t length = sizeof code;
        if (code == EINPROGRESS) {
            code = ETIMEDOUT;
            if (::poll(&wait, 1, Patience) == 1)
                ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &length);
        }
    }
    ::close(fd);
    return code;
}

// Where the kernel has no way there it says so at once; silence or a refusal came from elsewhere.
void unreachable(const char *name, const char *address, int port, int type = SOCK_STREAM)
{
    const int code = reach(address, port, type);
    report(name,
           code == ENETUNREACH || code == EADDRNOTAVAIL || code == EAFNOSUPPORT || code == EACCES || code == EPERM,
           code ? errorName(code) : "it was reached");
}

std::string devices()
{
    const std::string text = readFile("/proc/net/dev");
    std::string found;
    for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = std::min(text.find('\n', begin), text.size());
        const std::string line = text.substr(begin, end - begin);
        begin = end + 1;
        const std::size_t colon = line.find(':');
        if (colon == std::string::npos)
            continue;
        const std::string name = line.substr(line.find_first_not_of(' '), colon - line.find_first_not_of(' '));
        // The kernel's own fallback tunnels stand in every new network namespace, down.
        static const char *const fallback[] = {"lo",      "tunl0",    "gre0",    "gretap0", "erspan0",
                                               "ip_vti0", "ip6_vti0", "ip6tnl0", "ip6gre0", "sit0"};
        bool known = false;
        for (const char *device : fallback)
            known = known || name == device;
        if (!known)
            found += " " + name;
    }
    return found;
}

// What the door answers first, to a first word to it; "" where it closes without one.
std::string ask(const std::string &words)
{
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in door{};
    door.sin_family = AF_INET;
    door.sin_port = htons(DoorPort);
    door.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    std::string answer;
    if (fd >= 0 && ::connect(fd, reinterpret_cast<sockaddr *>(&door), sizeof door) == 0 &&
        ::send(fd, words.data(), words.size(), MSG_NOSIGNAL) == ssize_t(words.size())) {
        pollfd wait{fd, POLLIN, 0};
        char buffer[512];
        ssize_t n = 0;
        while (answer.size() < 64 && ::poll(&wait, 1, 15000) == 1 && (n = ::recv(fd, buffer, sizeof buffer, 0)) > 0)
            answer.append(buffer, std::size_t(n));
    } else {
        answer = "no door";
    }
    if (fd >= 0)
        ::close(fd);
    return answer;
}

// "HTTP/1.1 403 …": held. By 502 the door says that it tried, and other answers may be those of whom it reached.
void doorRefuses(const std::string &name, const std::string &words)
{
    const std::string answer = ask(words);
    const std::string status = answer.compare(0, 7, "HTTP/1.") == 0 ? answer.substr(9, 3) : std::string();
    const std::string line = answer.substr(0, answer.find_first_of("\r\n"));
    if (answer == "no door")
        report(name, Outcome::Untried, "no door answered");
    else
        report(name, status == "403" || status == "400" || answer.empty(),
               line.empty() ? "closed without a word" : line);
}

std::string socks(const std::string &address, int port)
{
    std::string words("\x05\x01\x00\x05\x01\x00\x03", 7);
    words += char(address.size());
    words += address;
    words += char(port >> 8);
    words += char(port & 0xff);
    return words;
}

} // namespace

void probeNetwork()
{
    const std::string found = devices();
    report("it has the loopback device alone", found.empty(), found.empty() ? "lo" : found.substr(1));
    unreachable("connect to a public address", "1.1.1.1", 443);
    unreachable("connect to a public address (IPv6)", "2606:4700:4700::1111", 443);
    unreachable("ask a public name server (UDP)", "8.8.8.8", 53, SOCK_DGRAM);
    unreachable("the cloud's metadata", "169.254.169.254", 80);
    unreachable("Docker's bridge", "172.17.0.1", 2375);
    unreachable("a private network", "10.0.0.1", 80);
    unreachable("a private network, by UDP", "192.168.0.1", 53, SOCK_DGRAM);
    unreachable("multicast", "224.0.0.1", 5353, SOCK_DGRAM);
    for (int port : {22, 2375, 2376, 3000, 6443}) {
        const int code = reach("127.0.0.1", port, SOCK_STREAM);
        report("its loopback is its own, port " + std::to_string(port), code == ECONNREFUSED || code == EPERM,
               code ? errorName(code) : "something answered");
    }
    std::string sockets;
    for (const char *path : {"/var/run/docker.sock", "/run/docker.sock", "/run/containerd/containerd.sock",
                             "/run/podman/podman.sock", "/run/crio/crio.sock", "/run/dbus/system_bus_socket",
                             "/run/systemd/private", "/run/user/1000/docker.sock", "/tmp/.X11-unix/X0"}) {
        struct stat status
        {
        };
        if (::lstat(path, &status) == 0)
            sockets += std::string(" ") + path;
    }
    report("no socket of the machine's services is there", sockets.empty(),
           sockets.empty() ? "none" : sockets.substr(1));
    // Abstract sockets have no file; they belong to the network namespace. Containerd's shim once listened on one.
    const std::string names = readFile("/proc/net/unix", 1 << 20);
    std::string abstract;
    for (std::size_t at = names.find(" @"); at != std::string::npos; at = names.find(" @", at + 1))
        abstract += names.substr(at, names.find('\n', at) - at);
    report("no abstract socket of the machine is there", abstract.empty(),
           abstract.empty() ? "none" : abstract.substr(1, 200));
}

void probeDoor()
{
    struct Forbidden
    {
        const char *name;
        const char *host;
        int port;
    };
    static const Forbidden hosts[] = {
        {"the cloud's metadata", "169.254.169.254", 80},
        {"the machine's loopback", "127.0.0.1", 80},
        {"the machine's loopback, by name", "localhost", 443},
        {"the machine's loopback, as one number", "2130706433", 80},
        {"the machine's loopback, in octal", "0177.0.0.1", 80},
        {"the machine's loopback, short", "127.1", 80},
        {"no address at all", "0.0.0.0", 80},
        {"a private network", "10.0.0.1", 80},
        {"a private network of Docker", "172.17.0.1", 80},
        {"a private network at home", "192.168.1.1", 443},
        {"the carrier's network", "100.64.0.1", 80},
        {"a multicast group", "224.0.0.251", 80},
    };
    for (const Forbidden &to : hosts) {
        const std::string where = std::string(to.host) + ":" + std::to_string(to.port);
        doorRefuses(std::string("tunnel to ") + to.name,
                    "CONNECT " + where + " HTTP/1.1\r\nHost: " + where + "\r\n\r\n");
        if (to.port == 80)
            doorRefuses(std::string("ask ") + to.name,
                        "GET http://" + std::string(to.host) + "/ HTTP/1.1\r\nHost: " + to.host + "\r\n\r\n");
    }
    for (const auto &[name, address] :
         {std::pair{"the machine's loopback (IPv6)", "[::1]"}, std::pair{"IPv4 in IPv6", "[::ffff:127.0.0.1]"},
          std::pair{"a unique local address", "[fd00::1]"}, std::pair{"a link-local address", "[fe80::1]"}})
        doorRefuses(std::string("tunnel to ") + name,
                    std::string("CONNECT ") + address + ":443 HTTP/1.1\r\nHost: " + address + ":443\r\n\r\n");
    doorRefuses("tunnel to Docker's port", "CONNECT 1.1.1.1:2375 HTTP/1.1\r\nHost: 1.1.1.1:2375\r\n\r\n");
    doorRefuses("tunnel to the mail port", "CONNECT 1.1.1.1:25 HTTP/1.1\r\nHost: 1.1.1.1:25\r\n\r\n");
    const std::string answer = ask(socks("169.254.169.254", 80));
    // Version, method chosen; version, how it went (0: open).
    const bool open = answer.size() >= 4 && answer[0] == 5 && answer[2] == 5 && answer[3] == 0;
    if (answer == "no door")
        report("the cloud's metadata by SOCKS", Outcome::Untried, "no door answered");
    else
        report("the cloud's metadata by SOCKS", !open, open ? "it was opened" : "refused");
    unreachable("go past the door", "1.1.1.1", 443);
    unreachable("ask a name server past the door", "8.8.8.8", 53, SOCK_DGRAM);
    const std::string found = devices();
    report("it has the loopback device alone", found.empty(), found.empty() ? "lo" : found.substr(1));
}

} // namespace isol8::probe
