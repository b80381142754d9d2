// SPDX-License-Identifier: GPL-3.0-or-later
#include "Functions.h"
#include "Kit.h"

#include "support/GuestFacts.h"

#include <isol8/archive/TarReader.h>
#include <isol8/archive/TarWriter.h>
#include <isol8/guest/Frames.h>
#include <isol8/guest/LiveHeader.h>
#include <isol8/guest/Text.h>
#include <isol8/guest/door.h>
#include <isol8/guest/protocol.h>
#include <isol8/isolation/Walls.h>
#include <isol8/policy/SandboxSpec.h>
#include <isol8/sandbox/FrameParser.h>

#include <QHash>

using namespace Qt::StringLiterals;

namespace isol8::fuzz {

namespace {

// Decodes; what it has understood it writes and understands again.
template<class Message> void decode(std::string_view payload)
{
    Message message;
    if (!message.decode(payload))
        return;
    Message again;
    demand(again.decode(message.encode()), "frame: does not read what it writes");
    demand(again.encode() == message.encode(), "frame: reads something else than it wrote");
}

// "KEY=value" lines in the place of what every wall standing looks like.
guest::HelloMessage helloOf(const QList<QByteArray> &lines)
{
    test::FactMap facts = test::allWalls();
    for (const QByteArray &line : lines.mid(0, 4)) {
        const qsizetype sign = line.indexOf('=');
        if (sign < 0)
            facts.erase(line.toStdString());
        else
            facts[line.left(sign).toStdString()] = line.mid(sign + 1).toStdString();
    }
    guest::HelloMessage hello;
    hello.facts.assign(facts.begin(), facts.end());
    return hello;
}

bool isTidy(const QByteArray &name)
{
    return !name.startsWith('/') && name != ".." && !name.startsWith("../") && !name.contains("/../") &&
           !name.endsWith("/..") && !name.contains('\0');
}

} // namespace

void frames(QByteArrayView input)
{
    const quint8 cut = cutOf(input);
    QByteArray logs[2];
    for (int i = 0; i < 2; ++i) {
        FrameParser parser;
        inPieces(input, i == 0 ? 0 : quint8(cut | 1), [&](QByteArrayView piece) {
            parser.feed(piece);
            for (;;) {
                FrameParser::Frame frame;
                const auto status = parser.next(&frame);
                if (status == FrameParser::Status::NeedMore)
                    return true;
                if (status == FrameParser::Status::Broken) {
                    logs[i] += "[broken]";
                    return false;
                }
                const std::string_view payload = payloadText(frame.payload);
                const bool output = frame.type == guest::FrameType::Stdout || frame.type == guest::FrameType::Stderr ||
                                    frame.type == guest::FrameType::FileBytes ||
                                    frame.type == guest::FrameType::DoorBytes;
                if (!output)
                    logs[i] += '[' + QByteArray::number(int(frame.type)) + ']';
                logs[i] += frame.payload.toByteArray();
                decode<guest::HelloMessage>(payload);
                decode<guest::ExitMessage>(payload);
                decode<guest::FileEntryMessage>(payload);
                decode<guest::FileDoneMessage>(payload);
                decode<guest::DisplayMessage>(payload);
                decode<guest::OutcomeMessage>(payload);
                decode<guest::UsageMessage>(payload);
                decode<guest::NumberMessage>(payload);
            }
        });
    }
    demand(logs[0] == logs[1], "frames: cut matters");
}

void guestMessages(QByteArrayView input)
{
    const std::string_view payload(input.data(), size_t(input.size()));
    decode<guest::HelloMessage>(payload);
    decode<guest::RunMessage>(payload);
    decode<guest::ExitMessage>(payload);
    decode<guest::FilePutMessage>(payload);
    decode<guest::FileMkdirMessage>(payload);
    decode<guest::FileSymlinkMessage>(payload);
    decode<guest::FileGetMessage>(payload);
    decode<guest::PathMessage>(payload);
    decode<guest::FileListMessage>(payload);
    decode<guest::FileEntryMessage>(payload);
    decode<guest::FileDoneMessage>(payload);
    decode<guest::DisplayMessage>(payload);
    decode<guest::OutcomeMessage>(payload);
    decode<guest::UsageMessage>(payload);
}

void helloFacts(QByteArrayView input)
{
    const guest::HelloMessage hello = helloOf(input.toByteArray().split('\n'));
    for (const Network network : {Network::None, Network::Filtered}) {
        SandboxSpec spec;
        spec.network = network;
        const auto verdict = verifyWalls(spec, hello);
        demand(verdict || (!verdict.error().code.isEmpty() && verdict.error().message.size() < 2000),
               "walls: a bad sentence");
        const auto fact = [&](const char *key) {
            for (const auto &[name, value] : hello.facts) {
                if (name == key)
                    return QByteArray::fromStdString(value);
            }
            return QByteArray("absent");
        };
        if (!verdict)
            continue;
        demand(fact("root.readonly") == "1" && fact("nnp") == "1" && fact("seccomp") == "2",
               "walls: passes without one");
        demand((fact("cap.bounding").toULongLong(nullptr, 16) & ~0x1e0ULL) == 0, "walls: passes with a capability");
        demand(fact("mounts.writable").isEmpty(), "walls: passes with a writable place");
        demand(fact("net").split(',').contains("lo") && !fact("net").contains("eth"), "walls: passes with a network");
        demand(fact("core") == "0", "walls: passes with core dumps");
    }
}

void kernelText(QByteArrayView input)
{
    const std::string_view text(input.data(), size_t(input.size()));
    (void)guest::numberOf(text, "oom_kill");
    (void)guest::fieldOf(text, "CapBnd");
    (void)guest::networkDevices(text);
    (void)guest::sysvIds(text);
    (void)guest::noSockets(text);
    (void)guest::networkCounter(text, "Tcp:", "ActiveOpens");
    (void)guest::processState(text);
    const auto mounts = guest::parseMountInfo(text);
    for (const guest::MountLine &mount : mounts)
        demand(!mount.type.empty(), "mounts: one without a type");
    (void)guest::writablePlaces(mounts);
    if (const auto number = guest::parseNumber(text))
        demand(QByteArray::number(qulonglong(*number)).size() <= input.size(), "number: more than was written");
    const std::size_t whole = guest::wholeFrames(text, 4096);
    demand(whole <= text.size() && whole <= 4096, "frames: more than fits");
    for (std::size_t at = 0; at < whole;) {
        guest::Frame frame;
        std::size_t consumed = 0;
        demand(guest::parseFrame(text.substr(at), &frame, &consumed) == guest::FrameStatus::Complete &&
                   at + consumed <= whole,
               "frames: a piece of one");
        at += consumed;
    }
}

void wallLines(QByteArrayView input)
{
    for (const Probe &probe : readProbes(input.toByteArray(), u"calls"_s)) {
        demand(probe.name.size() <= 200 && probe.found.size() <= 200, "walls: a long line");
        demand(!probe.name.contains(u'\x1b') && !probe.found.contains(u'\x1b'), "walls: speaks to the terminal");
    }
}

void liveHeaders(QByteArrayView input)
{
    std::string_view rest(input.data(), size_t(input.size()));
    while (!rest.empty()) {
        const std::string_view line = guest::takeLine(rest);
        const auto header = guest::parseLiveHeader(line);
        if (!header)
            continue;
        const QByteArray type = QByteArray::fromStdString(header->type);
        switch (header->kind) {
        case 'R':
            demand(line == "R", "live: ready with something more");
            break;
        case 'B':
            demand(line == "B " + header->type, "live: another word");
            break;
        case 'E':
            demand(header->left <= 255 && type.count(' ') == 0, "live: a code that none is");
            demand(line.ends_with(std::to_string(header->left)), "live: another code");
            break;
        default:
            demand(header->kind == 'D' && header->left <= guest::LiveHeader::MaxValue && type.contains('/') &&
                       type.size() <= 100,
                   "live: a value that none is");
        }
        demand(line.size() <= guest::LiveHeader::MaxLength && !header->begun, "live: a long line");
    }
}

void tar(QByteArrayView input)
{
    const quint8 cut = cutOf(input);
    QByteArray logs[2];
    for (int i = 0; i < 2; ++i) {
        archive::TarLimits limits;
        limits.maxBytes = 1 << 20;
        archive::TarReader reader(limits);
        QByteArray rest;
        bool failed = false;
        inPieces(input, i == 0 ? 0 : quint8(cut | 1), [&](QByteArrayView piece) {
            rest += piece;
            for (;;) {
                const auto step = reader.feed(rest);
                demand(step.consumed >= 0 && step.consumed <= rest.size(), "tar: consumed too much");
                if (step.event == archive::TarReader::Event::Member) {
                    const QByteArray name = reader.member().name;
                    demand(!name.startsWith('/') && name != ".." && !name.startsWith("../") && !name.contains("/../") &&
                               !name.endsWith("/..") && !name.contains('\0'),
                           "tar: a name that leaves the folder");
                    logs[i] += '[' + name + ']';
                } else if (step.event == archive::TarReader::Event::Data) {
                    logs[i] += step.data.toByteArray();
                }
                rest.remove(0, step.consumed);
                failed = step.event == archive::TarReader::Event::Failed;
                if (failed || step.event == archive::TarReader::Event::NeedMore)
                    return !failed;
            }
        });
        logs[i] += failed ? "[failed]" : reader.finish().code.toUtf8();
    }
    demand(logs[0] == logs[1], "tar: cut matters");
}

// Lines: a name, a link's target. What is written is read as it was, or refused as a whole.
void tarMembers(QByteArrayView input)
{
    const quint8 kinds = cutOf(input);
    const QList<QByteArray> lines = input.toByteArray().split('\n');
    QByteArray bytes;
    QList<archive::TarMember> written;
    for (qsizetype i = 0; i + 1 < lines.size() && i < 16; i += 2) {
        archive::TarMember member;
        member.kind = archive::TarMember::Kind((kinds >> (i / 2 % 4 * 2)) & 3);
        member.name = lines[i];
        if (member.kind == archive::TarMember::Kind::Symlink || member.kind == archive::TarMember::Kind::HardLink)
            member.target = lines[i + 1];
        if (member.kind == archive::TarMember::Kind::File)
            member.size = lines[i + 1].size();
        member.mtimeMs = qint64(kinds) * 1001;
        if (member.name.isEmpty() || member.name.endsWith('/') || member.name.contains('\0') ||
            member.target.contains('\0'))
            continue;
        bytes += archive::tarHeader(member);
        if (member.kind == archive::TarMember::Kind::File)
            bytes += lines[i + 1] + archive::tarPadding(member.size);
        written.append(member);
    }
    bytes += archive::endOfTar();
    archive::TarReader reader(archive::TarLimits{});
    QByteArrayView rest = bytes;
    QHash<QByteArray, QByteArray> links;
    for (qsizetype at = 0;;) {
        const auto step = reader.feed(rest);
        rest = rest.sliced(step.consumed);
        if (step.event == archive::TarReader::Event::Failed) {
            demand(!reader.error().code.isEmpty() && reader.error().message.size() < 2000,
                   "tar: refused without a word");
            return;
        }
        if (step.event == archive::TarReader::Event::NeedMore)
            break;
        if (step.event != archive::TarReader::Event::Member)
            continue;
        const archive::TarMember &read = reader.member();
        demand(at < written.size() && read.kind == written[at].kind && read.mtimeMs == written[at].mtimeMs &&
                   read.size == written[at].size,
               "tar: another member than was written");
        ++at;
        demand(isTidy(read.name), "tar: a name that leaves the folder");
        demand(read.kind != archive::TarMember::Kind::HardLink || isTidy(read.target), "tar: a hard link that leaves");
        for (qsizetype slash = read.name.indexOf('/'); slash >= 0; slash = read.name.indexOf('/', slash + 1))
            demand(!links.contains(read.name.left(slash)), "tar: a member behind a link");
        if (read.kind == archive::TarMember::Kind::Symlink)
            links.insert(read.name, read.target);
    }
    demand(reader.finish().code.isEmpty(), "tar: its own archive is not whole");
}

} // namespace isol8::fuzz
