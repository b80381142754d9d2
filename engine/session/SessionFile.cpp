// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/session/SessionFile.h>

using namespace Qt::StringLiterals;

namespace isol8 {

QString toString(SessionFile::Type type)
{
    switch (type) {
    case SessionFile::Type::File:
        return u"file"_s;
    case SessionFile::Type::Directory:
        return u"directory"_s;
    case SessionFile::Type::Link:
        return u"link"_s;
    case SessionFile::Type::Other:
        break;
    }
    return u"other"_s;
}

QJsonObject toJson(const SessionFile &file)
{
    QJsonObject object{{u"path"_s, file.path},
                       {u"type"_s, toString(file.type)},
                       {u"size"_s, file.size},
                       {u"mode"_s, int(file.mode)},
                       {u"mtimeMs"_s, file.mtimeMs}};
    if (file.type == SessionFile::Type::Link)
        object.insert(u"target"_s, file.target);
    return object;
}

SessionFile sessionFileFromJson(const QJsonObject &object)
{
    SessionFile file;
    file.path = object.value("path"_L1).toString();
    file.type = SessionFile::Type::Other;
    for (const auto type : {SessionFile::Type::File, SessionFile::Type::Directory, SessionFile::Type::Link}) {
        if (object.value("type"_L1).toString() == toString(type))
            file.type = type;
    }
    file.size = object.value("size"_L1).toInteger();
    file.mode = uint(object.value("mode"_L1).toInt()) & 07777;
    file.mtimeMs = object.value("mtimeMs"_L1).toInteger();
    file.target = object.value("target"_L1).toString();
    return file;
}

} // namespace isol8
