// SPDX-License-Identifier: GPL-3.0-or-later
#include "Functions.h"
#include "Kit.h"

#include <cli/RunRecord.h>
#include <isol8/audit/RecordFolder.h>
#include <isol8/config/Config.h>
#include <isol8/config/JsonOutline.h>
#include <isol8/execution/RunRequest.h>
#include <isol8/execution/RunResult.h>
#include <isol8/execution/SandboxInfo.h>
#include <isol8/execution/StreamEvent.h>
#include <isol8/execution/Validate.h>
#include <isol8/runtime/Runtime.h>
#include <isol8/session/SessionFile.h>
#include <isol8/session/SessionInfo.h>
#include <isol8/snapshot/SnapshotFile.h>

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

#ifdef ISOL8_FUZZ_SERVICE
#include <service/RequestPolicy.h>
#include <service/auth/ApiKey.h>
#endif

using namespace Qt::StringLiterals;

namespace isol8::fuzz {

void config(QByteArrayView input)
{
    const auto parsed = parseConfig(input.toByteArray(), u"a"_s);
    if (!parsed) {
        demand(!parsed.error().code.isEmpty() && parsed.error().message.size() < 5000, "config: a bad sentence");
        return;
    }
    const auto again = Config::fromJson(parsed->toJson());
    demand(again && again->toJson() == parsed->toJson(), "config: its own form is read otherwise");
}

void jsonOutline(QByteArrayView input)
{
    const JsonOutline outline = outlineJson(input);
    demand(outline.keys.size() <= MaxJsonKeys, "outline: too many keys");
    QJsonParseError problem;
    const QJsonDocument document = QJsonDocument::fromJson(input.toByteArray(), &problem);
    if (outline.problem) {
        demand(!outline.problem->sentence.isEmpty() && outline.problem->sentence.size() < 5000,
               "outline: a bad sentence");
        demand(outline.problem->position.line >= 1 && outline.problem->position.column >= 1, "outline: no place");
    } else {
        // What is more than a value alone, Qt reads as well.
        const bool value =
            problem.error == QJsonParseError::IllegalValue || problem.error == QJsonParseError::IllegalNumber;
        demand(!document.isNull() || value, "outline: finds nothing wrong where Qt does");
        const QJsonObject object = document.object();
        for (auto member = object.begin(); member != object.end(); ++member)
            demand(outline.keys.contains(member.key()), "outline: misses a key");
    }
    (void)positionOf(outline, QString::fromUtf8(input.first(std::min<qsizetype>(input.size(), 100))));
}

void runtimes(QByteArrayView input)
{
    const QJsonObject object = QJsonDocument::fromJson(input.toByteArray()).object();
    static const RuntimeRegistry builtIn = RuntimeRegistry::builtIn();
    const auto extended = builtIn.extendedBy({{u"x"_s, object}});
    const auto runtime = Runtime::fromJson(u"x"_s, object);
    if (!runtime) {
        demand(!runtime.error().code.isEmpty() && runtime.error().message.size() < 5000, "runtime: a bad sentence");
        return;
    }
    const auto again = Runtime::fromJson(u"x"_s, runtime->toJson());
    demand(again && *again == *runtime, "runtime: its own form is read otherwise");
    demand(extended.has_value(), "runtime: taken alone, refused among others");
    CommandValues values;
    values.file = u"/sandbox/{args}"_s;
    values.args = {u"{file}"_s};
    demand(expandCommand(runtime->command, values).join(QChar(0)).count(u"/sandbox/{args}"_s) >=
               runtime->command.join(QChar(0)).count(u"{file}"_s),
           "runtime: a value's own placeholder is replaced");
}

void requests(QByteArrayView input)
{
    const QJsonDocument document = QJsonDocument::fromJson(input.toByteArray());
    if (!document.isObject())
        return;
    if (const auto request = RunRequest::fromJson(document.object())) {
        const auto again = RunRequest::fromJson(request->toJson());
        demand(again && *again == *request, "request: its own form is read otherwise");
    }
    if (const auto options = RunOptions::fromJson(document.object())) {
        const auto again = RunOptions::fromJson(options->toJson());
        demand(again && *again == *options, "options: their own form is read otherwise");
    }
    if (const auto result = RunResult::fromJson(document.object()))
        demand(RunResult::fromJson(result->toJson()).has_value(), "result: its own form is not read");
}

void serviceMessages(QByteArrayView input)
{
#ifdef ISOL8_FUZZ_SERVICE
    using namespace isol8::service;
    if (isKeyShaped(input))
        demand(input.startsWith(KeyStart) && input.size() < 100, "key: of another shape");
    const QString text = QString::fromUtf8(input);
    if (isTenant(text))
        demand(!text.contains(u'/') && !text.startsWith(u'.') && text.size() <= 64, "tenant: no name of a folder");
    (void)isKeyName(text);
    static const Config config;
    auto message = ExecuteMessage::fromJson(input.toByteArray());
    if (!message) {
        demand(!message.error().code.isEmpty() && message.error().message.size() < 5000, "execute: a bad sentence");
        return;
    }
    if (!applyRequestPolicy(&*message, config))
        return;
    const RunOptions &options = message->options;
    demand(options.confined && options.ownImagesOnly, "execute: not held to the service's limits");
    demand(options.network != Network::Host && !options.persist && options.priority == 0 && !options.debug &&
               options.readonlyRootFs.value_or(true) &&
               options.seccomp.value_or(SeccompMode::Strict) == SeccompMode::Strict &&
               options.customProfilePath.isEmpty() && (options.isolation.isEmpty() || options.isolation == u"default"),
           "execute: a wall that a stranger takes away");
#else
    Q_UNUSED(input)
#endif
}

void streamEvents(QByteArrayView input)
{
    const QByteArray text = input.toByteArray();
    const auto event = StreamEvent::fromJson(text);
    if (event && *event) {
        const auto again = StreamEvent::fromJson((*event)->toJson());
        demand(again && *again, "event: its own form is not read");
        demand(!(*event)->toJson().contains('\n'), "event: more than a line");
    }
    (void)StreamEvent::fromBinary(text);
}

// What a service, or its clients' programs, say of what they have.
void listings(QByteArrayView input)
{
    const QJsonObject object = QJsonDocument::fromJson(input.toByteArray()).object();
    const QJsonObject sandbox = toJson(sandboxInfoFromJson(object), true);
    demand(toJson(sandboxInfoFromJson(sandbox), true) == sandbox, "sandbox: its own form is read otherwise");
    const QJsonObject session = toJson(sessionInfoFromJson(object));
    demand(toJson(sessionInfoFromJson(session)) == session, "session: its own form is read otherwise");
    const QJsonObject file = toJson(sessionFileFromJson(object));
    demand(toJson(sessionFileFromJson(file)) == file, "file: its own form is read otherwise");
    const QJsonObject snapshot = snapshotInfoFromJson(object).toJson();
    demand(snapshotInfoFromJson(snapshot).toJson() == snapshot, "snapshot: its own form is read otherwise");
}

void snapshotFile(QByteArrayView input)
{
    const auto info = snapshots::decodeInfo(input.toByteArray());
    if (!info)
        return;
    const auto again = snapshots::decodeInfo(snapshots::encodeInfo(*info));
    demand(again && again->toJson() == info->toJson(), "snapshot: its own form is read otherwise");
}

// Lines that somebody wrote; and lines of our own of which a byte is changed.
void auditChain(QByteArrayView input)
{
    const quint8 where = cutOf(input);
    const QList<QByteArray> lines = input.toByteArray().split('\n');
    audit::ChainCheck foreign(std::nullopt);
    for (qsizetype i = 0; i < lines.size() && foreign.feed(lines[i], {u"f"_s, i + 1}); ++i) {
    }
    (void)foreign.finish({});
    if (const auto ends = audit::ChainEnds::fromBytes(input.toByteArray())) {
        const auto again = audit::ChainEnds::fromBytes(ends->toBytes());
        demand(again && again->first == ends->first && again->last == ends->last && again->day == ends->day &&
                   again->size == ends->size,
               "chain: its own form is read otherwise");
    }

    QList<QByteArray> own;
    audit::ChainPoint end;
    for (const QByteArray &line : lines.mid(0, 8)) {
        QJsonObject record;
        record.insert(u"metadata"_s, QString::fromUtf8(line));
        own.append(audit::chained(record, &end));
    }
    const auto holds = [&] {
        audit::ChainCheck check{audit::ChainPoint()};
        for (qsizetype i = 0; i < own.size(); ++i) {
            if (!check.feed(own[i], {u"f"_s, i + 1}))
                return false;
        }
        return check.finish(end);
    };
    demand(holds(), "chain: refuses its own lines");
    QByteArray &line = own[where % own.size()];
    line[where % line.size()] = char(line[where % line.size()] ^ (1 + where % 127));
    demand(!holds(), "chain: a byte was changed and nothing shows it");
}

void runRecord(QByteArrayView input)
{
    const auto record = cli::RunRecord::fromJson(input.toByteArray());
    if (!record) {
        demand(!record.error().code.isEmpty() && record.error().message.size() < 5000, "record: a bad sentence");
        return;
    }
    const auto again = cli::RunRecord::fromJson(QJsonDocument(record->toJson()).toJson());
    demand(again && again->toJson() == record->toJson(), "record: its own form is read otherwise");
    demand(cli::differences(record->outcome, record->outcome).isEmpty(), "record: differs from itself");
    const RunOptions &options = record->options;
    const bool weak = options.network == Network::Host || options.persist || !options.readonlyRootFs.value_or(true) ||
                      options.seccomp.value_or(SeccompMode::Strict) != SeccompMode::Strict ||
                      !options.isolation.isEmpty();
    demand(weak == !cli::weaknesses(*record).isEmpty(), "record: takes a wall away without a word");
    (void)validate(record->request);
    (void)validate(record->options);
}

} // namespace isol8::fuzz
