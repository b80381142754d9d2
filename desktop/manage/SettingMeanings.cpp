// SPDX-License-Identifier: GPL-3.0-or-later
// What config.schema.json says of its keys, once more, for lupdate to find; tst_desktopwindow says what is missing.
#include <desktop/manage/SettingsDocument.h>

#include <QCoreApplication>

namespace isol8::desktop {

// clang-format off
[[maybe_unused]] static constexpr const char *const settingMeanings[] = {
    QT_TRANSLATE_NOOP("SettingMeanings", "How many runs may go on at once; the others wait."),
    QT_TRANSLATE_NOOP("SettingMeanings", "After this time a run is ended, its setup included."),
    QT_TRANSLATE_NOOP("SettingMeanings", "Memory of the sandbox, its files in /sandbox and /tmp included. There is no swap beyond it."),
    QT_TRANSLATE_NOOP("SettingMeanings", "CPUs that a run may use; 0.5 is half of one."),
    QT_TRANSLATE_NOOP("SettingMeanings", "none: loopback only. filtered: only the hosts that `network` allows. host: the host's own network, without any wall."),
    QT_TRANSLATE_NOOP("SettingMeanings", "Space in /sandbox."),
    QT_TRANSLATE_NOOP("SettingMeanings", "Space in /tmp."),
    QT_TRANSLATE_NOOP("SettingMeanings", "Keep everything outside /sandbox and /tmp read-only."),
    QT_TRANSLATE_NOOP("SettingMeanings", "Processes and threads at once."),
    QT_TRANSLATE_NOOP("SettingMeanings", "Bytes of stdout, and of stderr, after which the rest is dropped."),
    QT_TRANSLATE_NOOP("SettingMeanings", "Longest time."),
    QT_TRANSLATE_NOOP("SettingMeanings", "Most memory."),
    QT_TRANSLATE_NOOP("SettingMeanings", "Most CPUs; 0: as many as the host has."),
    QT_TRANSLATE_NOOP("SettingMeanings", "Most processes and threads."),
    QT_TRANSLATE_NOOP("SettingMeanings", "Most space in /sandbox."),
    QT_TRANSLATE_NOOP("SettingMeanings", "Most space in /tmp."),
    QT_TRANSLATE_NOOP("SettingMeanings", "Most output."),
    QT_TRANSLATE_NOOP("SettingMeanings", "Hosts that are reached; an empty list stands for every public host."),
    QT_TRANSLATE_NOOP("SettingMeanings", "Hosts that are never reached, whatever the whitelist says."),
    QT_TRANSLATE_NOOP("SettingMeanings", "Private addresses that may be reached all the same: host:port, or an address range such as 10.1.0.0/16."),
    QT_TRANSLATE_NOOP("SettingMeanings", "Ports that are reached."),
    QT_TRANSLATE_NOOP("SettingMeanings", "Connections of a run at the same time."),
    QT_TRANSLATE_NOOP("SettingMeanings", "Connections of a run in all."),
    QT_TRANSLATE_NOOP("SettingMeanings", "Bytes that a run moves through the network, both directions together."),
    QT_TRANSLATE_NOOP("SettingMeanings", "End a connection on which nothing has moved for this time."),
    QT_TRANSLATE_NOOP("SettingMeanings", "Remove idle sessions by itself."),
    QT_TRANSLATE_NOOP("SettingMeanings", "Remove a session after this time without use."),
    QT_TRANSLATE_NOOP("SettingMeanings", "Stop a session's processes after this time without use; the next run wakes them."),
    QT_TRANSLATE_NOOP("SettingMeanings", "secure: a sandbox serves one run. fast: it is wiped and serves the same owner again."),
    QT_TRANSLATE_NOOP("SettingMeanings", "Fresh sandboxes."),
    QT_TRANSLATE_NOOP("SettingMeanings", "Used sandboxes that wait to be wiped (strategy fast)."),
    QT_TRANSLATE_NOOP("SettingMeanings", "strict: isol8's own profile. custom: the one at customProfilePath. unconfined: none at all."),
    QT_TRANSLATE_NOOP("SettingMeanings", "A seccomp profile as Docker reads it; relative to the folder of this file."),
    QT_TRANSLATE_NOOP("SettingMeanings", "Allow it."),
    QT_TRANSLATE_NOOP("SettingMeanings", "How programs may be fetched. http also needs --allow-insecure-code-url (allowInsecureCodeUrl)."),
    QT_TRANSLATE_NOOP("SettingMeanings", "Hosts that programs may come from, as in network.whitelist; an empty list stands for every public host."),
    QT_TRANSLATE_NOOP("SettingMeanings", "Hosts that programs never come from: names as in network.blacklist, or address ranges. An address that is not public must be named in network.allowPrivate, too, and be in none of these."),
    QT_TRANSLATE_NOOP("SettingMeanings", "Largest program."),
    QT_TRANSLATE_NOOP("SettingMeanings", "Longest time for fetching."),
    QT_TRANSLATE_NOOP("SettingMeanings", "Fetch only what comes with its SHA-256."),
    QT_TRANSLATE_NOOP("SettingMeanings", "Keep what was fetched."),
    QT_TRANSLATE_NOOP("SettingMeanings", "Seconds after which it is fetched again, unless its SHA-256 is given and still fits."),
    QT_TRANSLATE_NOOP("SettingMeanings", "Keep records."),
    QT_TRANSLATE_NOOP("SettingMeanings", "Where they go."),
    QT_TRANSLATE_NOOP("SettingMeanings", "Folder of the records; a relative one counts from the current folder, for a background engine from the home folder. ISOL8_AUDIT_DIR in the environment stands in where this is not given."),
    QT_TRANSLATE_NOOP("SettingMeanings", "A program that is started after a record, with the file's path as its argument, never twice at once; empty: none."),
    QT_TRANSLATE_NOOP("SettingMeanings", "Record CPU time, memory and network use."),
    QT_TRANSLATE_NOOP("SettingMeanings", "Days after which records are deleted."),
    QT_TRANSLATE_NOOP("SettingMeanings", "Record the code itself, its first MiB, and not only its hash."),
    QT_TRANSLATE_NOOP("SettingMeanings", "Record stdout and stderr, the first MiB of each."),
    QT_TRANSLATE_NOOP("SettingMeanings", "Keep keys in a database, beside the master key."),
    QT_TRANSLATE_NOOP("SettingMeanings", "A file (SQLite), postgres://… or mysql://…; empty: ~/.isol8/auth.db."),
    QT_TRANSLATE_NOOP("SettingMeanings", "How long a key is valid."),
    QT_TRANSLATE_NOOP("SettingMeanings", "How often expired keys are deleted."),
    QT_TRANSLATE_NOOP("SettingMeanings", "How many sessions a tenant may have at a time; 0: as many as it likes. A key's quota may say less."),
    QT_TRANSLATE_NOOP("SettingMeanings", "How many snapshots a tenant may keep; 0: as many as it likes. A key's quota may say less."),
    QT_TRANSLATE_NOOP("SettingMeanings", "How much of all clients' requests is held in memory at the same time; one tenant may have half of it."),
    QT_TRANSLATE_NOOP("SettingMeanings", "What requests may ask for although it weakens the walls."),
    QT_TRANSLATE_NOOP("SettingMeanings", "How long a service that is told to end lets its runs finish."),
    QT_TRANSLATE_NOOP("SettingMeanings", "Custom images that `isol8 setup` builds, too, and a service before it takes work."),
    QT_TRANSLATE_NOOP("SettingMeanings", "Languages of your own, by name; one that has a built-in one's name replaces it."),
    QT_TRANSLATE_NOOP("SettingMeanings", "Tell on stderr what isol8 does."),
};
// clang-format on

QString settingMeaning(const QString &english)
{
    return QCoreApplication::translate("SettingMeanings", english.toUtf8().constData());
}

} // namespace isol8::desktop
