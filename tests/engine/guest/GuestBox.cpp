// SPDX-License-Identifier: GPL-3.0-or-later
#include "GuestBox.h"

#include <isol8/guest/GuestFiles.h>

#include <QElapsedTimer>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QThread>

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

using namespace isol8::guest;
using namespace Qt::StringLiterals;

namespace {

QByteArray imageName()
{
    return "isol8-guest-test:" + QByteArray::number(::getpid());
}

int connectDaemon()
{
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const QByteArray host = qgetenv("DOCKER_HOST");
    const QByteArray path = host.startsWith("unix://") ? host.mid(7) : QByteArray("/var/run/docker.sock");
    qstrncpy(address.sun_path, path.constData(), sizeof address.sun_path);
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (::connect(fd, reinterpret_cast<const sockaddr *>(&address), sizeof address) == 0)
        return fd;
    ::close(fd);
    return -1;
}

bool writeFully(int fd, const char *data, qsizetype size)
{
    while (size > 0) {
        const ssize_t n = ::send(fd, data, std::size_t(size), MSG_NOSIGNAL);
        if (n <= 0)
            return false;
        data += n;
        size -= n;
    }
    return true;
}

QByteArray ask(const QByteArray &line, const QByteArray &body, const QByteArray &type = "application/json")
{
    const int fd = connectDaemon();
    const QByteArray request = line + " HTTP/1.0\r\nHost: d\r\nContent-Type: " + type +
                               "\r\nContent-Length: " + QByteArray::number(body.size()) + "\r\n\r\n" + body;
    QByteArray answer;
    if (fd < 0 || !writeFully(fd, request.constData(), request.size()))
        return answer;
    char part[16384];
    ssize_t n = 0;
    while ((n = ::read(fd, part, sizeof part)) > 0)
        answer.append(part, n);
    ::close(fd);
    return answer;
}

int statusOf(const QByteArray &answer)
{
    return answer.mid(9, 3).toInt();
}

QByteArray tarFolder(const QByteArray &name)
{
    QByteArray header(512, '\0');
    const auto put = [&](int at, const QByteArray &text) { header.replace(at, text.size(), text); };
    put(0, name);
    put(100, "0000755");
    put(108, "0000000");
    put(116, "0000000");
    put(124, "00000000000");
    put(136, "00000000000");
    put(148, "        ");
    put(156, "5");
    put(257, "ustar");
    put(263, "00");
    uint sum = 0;
    for (const char c : std::as_const(header))
        sum += uchar(c);
    put(148, QByteArray::number(sum, 8).rightJustified(6, '0') + '\0');
    return header;
}

QJsonObject createBody(const GuestBox::Limits &limits)
{
    const auto bind = [](const QString &source, const char *target) {
        return QJsonObject{{u"Type"_s, u"bind"_s},
                           {u"Source"_s, source},
                           {u"Target"_s, QLatin1StringView(target)},
                           {u"ReadOnly"_s, true}};
    };
    const QString init = isol8::installGuestFile(isol8::GuestInitName).value_or(QString());
    const QJsonObject host{
        {u"NetworkMode"_s, u"none"_s},
        {u"ReadonlyRootfs"_s, true},
        {u"AutoRemove"_s, true},
        {u"CapDrop"_s, QJsonArray{u"ALL"_s}},
        {u"CapAdd"_s, QJsonArray{u"SETUID"_s, u"SETGID"_s, u"KILL"_s, u"SETPCAP"_s}},
        {u"SecurityOpt"_s, QJsonArray{u"no-new-privileges"_s}},
        {u"PidsLimit"_s, 64},
        {u"Memory"_s, limits.memory},
        {u"MemorySwap"_s, limits.memory},
        {u"CgroupnsMode"_s, u"private"_s},
        {u"LogConfig"_s, QJsonObject{{u"Type"_s, u"none"_s}}},
        {u"Tmpfs"_s, QJsonObject{{u"/sandbox"_s, QString(u"nosuid,nodev,exec,mode=0755,uid=1000,gid=1000,size=%1"_s)
                                                     .arg(QLatin1StringView(limits.sandbox))},
                                 {u"/tmp"_s, u"nosuid,nodev,noexec,mode=1777,size=16m"_s}}},
        {u"Mounts"_s,
         QJsonArray{bind(init, "/isol8-init"), bind(QStringLiteral(ISOL8_BINARY_DIR "/tests/isol8-probe"), "/probe")}}};
    return {{u"Image"_s, QString::fromLatin1(imageName())},
            {u"Entrypoint"_s, QJsonArray{u"/isol8-init"_s}},
            {u"OpenStdin"_s, true},
            {u"StdinOnce"_s, true},
            {u"AttachStdin"_s, true},
            {u"AttachStdout"_s, true},
            {u"AttachStderr"_s, true},
            {u"NetworkDisabled"_s, true},
            {u"User"_s, u"0:0"_s},
            {u"HostConfig"_s, host}};
}

} // namespace

bool GuestBox::makeImage()
{
    const QByteArray tar = tarFolder("sandbox/") + tarFolder("tmp/") + tarFolder("etc/") + QByteArray(1024, '\0');
    return statusOf(ask("POST /images/create?fromSrc=-&repo=" + QByteArray(imageName()).replace(':', "&tag="), tar,
                        "application/x-tar")) == 200;
}

void GuestBox::removeImage()
{
    ask("DELETE /images/" + imageName(), {});
}

GuestBox::GuestBox(const Limits &limits)
{
    const QByteArray made = ask("POST /containers/create", QJsonDocument(createBody(limits)).toJson());
    const QByteArray body = made.mid(made.indexOf("\r\n\r\n") + 4);
    m_id = QJsonDocument::fromJson(body).object().value(u"Id"_s).toString().toLatin1();
    m_problem = m_id.isEmpty() ? QString::fromUtf8(body) : QString();
    if (!m_problem.isEmpty())
        return;
    m_fd = connectDaemon();
    const QByteArray attach = "POST /containers/" + m_id +
                              "/attach?stream=1&stdin=1&stdout=1&stderr=1 HTTP/1.1\r\nHost: d\r\n"
                              "Upgrade: tcp\r\nConnection: Upgrade\r\nContent-Length: 0\r\n\r\n";
    QByteArray head;
    char byte = 0;
    if (writeFully(m_fd, attach.constData(), attach.size())) {
        while (!head.endsWith("\r\n\r\n") && ::read(m_fd, &byte, 1) == 1)
            head.append(byte);
    }
    const QByteArray started = ask("POST /containers/" + m_id + "/start", {});
    Received frame;
    if (statusOf(started) != 204)
        m_problem = QString::fromUtf8(started);
    else if (!next(&frame) || frame.type != FrameType::Hello || !m_hello.decode(frame.payload))
        m_problem = u"init does not say hello"_s;
    send(FrameType::Ping, 0, "first");
}

GuestBox::~GuestBox()
{
    hangUp();
    if (!m_id.isEmpty())
        ask("DELETE /containers/" + m_id + "?force=1", {});
}

void GuestBox::send(FrameType type, quint32 id, std::string_view payload)
{
    Buffer buffer;
    appendFrame(buffer, type, id, payload);
    sendRaw(QByteArray(buffer.view().data(), qsizetype(buffer.size())));
}

void GuestBox::sendRaw(const QByteArray &bytes)
{
    (void)writeFully(m_fd, bytes.constData(), bytes.size());
}

bool GuestBox::receive(int ms)
{
    pollfd fd{m_fd, POLLIN, 0};
    char part[65536];
    if (::poll(&fd, 1, ms) <= 0)
        return false;
    const ssize_t n = ::read(m_fd, part, sizeof part);
    if (n <= 0)
        return false;
    m_raw.append(part, n);
    qsizetype at = 0;
    while (m_raw.size() - at >= 8) { // the daemon's own header: stream, three zeros, length big-endian
        const auto *head = reinterpret_cast<const uchar *>(m_raw.constData()) + at;
        const qsizetype length = qsizetype(head[4]) << 24 | head[5] << 16 | head[6] << 8 | head[7];
        if (m_raw.size() - at - 8 < length)
            break;
        if (head[0] == 1)
            m_frames.append({m_raw.constData() + at + 8, std::size_t(length)});
        at += 8 + length;
    }
    m_raw.remove(0, at);
    return true;
}

bool GuestBox::next(Received *frame, int ms)
{
    QElapsedTimer timer;
    timer.start();
    while (true) {
        Frame parsed;
        std::size_t consumed = 0;
        const FrameStatus status = parseFrame(m_frames.view(), &parsed, &consumed);
        if (status == FrameStatus::Complete) {
            *frame = {parsed.type, parsed.id, std::string(parsed.payload)};
            m_frames.consume(consumed);
            if (frame->type != FrameType::Pong && frame->type != FrameType::Usage)
                return true;
            continue;
        }
        const int left = ms - int(timer.elapsed());
        if (status == FrameStatus::Broken || left <= 0 || !receive(left))
            return false;
    }
}

bool GuestBox::await(FrameType type, Received *frame, int ms)
{
    while (next(frame, ms)) {
        if (frame->type == type)
            return true;
    }
    return false;
}

void GuestBox::start(quint32 id, std::vector<std::string> arguments, quint32 flags, quint64 maxStdout)
{
    RunMessage run;
    run.argv = std::move(arguments);
    run.argv.insert(run.argv.begin(), "/probe");
    run.cwd = "/sandbox";
    run.flags = flags;
    run.maxStdout = maxStdout;
    send(FrameType::Run, id, run.encode());
}

GuestBox::Outcome GuestBox::finish(quint32 id, int ms)
{
    Outcome outcome;
    Received frame;
    while (!outcome.ended && next(&frame, ms)) {
        if (frame.id != id)
            continue;
        const QByteArray bytes = QByteArray::fromStdString(frame.payload);
        if (frame.type == FrameType::Started)
            outcome.started = true;
        else if (frame.type == FrameType::Stdout)
            outcome.output += bytes;
        else if (frame.type == FrameType::Stderr)
            outcome.errors += bytes;
        else if (frame.type == FrameType::Credit)
            outcome.credit += getU32(reinterpret_cast<const uchar *>(bytes.constData()));
        else if (frame.type == FrameType::Exit)
            outcome.ended = outcome.exit.decode(frame.payload);
    }
    return outcome;
}

GuestBox::Outcome GuestBox::run(std::vector<std::string> arguments, quint32 flags, quint64 maxStdout)
{
    const quint32 id = m_nextId++;
    start(id, std::move(arguments), flags, maxStdout);
    send(FrameType::StdinEof, id);
    return finish(id);
}

FileDoneMessage GuestBox::put(const std::string &path, const std::string &content)
{
    send(FrameType::FilePut, 7, FilePutMessage{path, 0640}.encode());
    send(FrameType::FileData, 7, content);
    send(FrameType::FileEnd, 7);
    Received frame;
    FileDoneMessage done;
    if (!await(FrameType::FileDone, &frame) || !done.decode(frame.payload))
        done = {FileError::Failed, "no answer"};
    return done;
}

FileDoneMessage GuestBox::get(const std::string &path, std::string *content)
{
    send(FrameType::FileGet, 8, FileGetMessage{path, 1 << 20}.encode());
    Received frame;
    FileDoneMessage done{FileError::Failed, "no answer"};
    content->clear();
    while (next(&frame)) {
        if (frame.type == FrameType::FileBytes)
            content->append(frame.payload);
        if (frame.type == FrameType::FileDone && done.decode(frame.payload))
            break;
    }
    return done;
}

void GuestBox::hangUp()
{
    if (m_fd >= 0)
        ::close(m_fd);
    m_fd = -1;
}

bool GuestBox::gone(int ms) const
{
    QElapsedTimer timer;
    timer.start();
    while (timer.elapsed() < ms) {
        if (statusOf(ask("GET /containers/" + m_id + "/json", {})) == 404)
            return true;
        QThread::msleep(10);
    }
    return false;
}
