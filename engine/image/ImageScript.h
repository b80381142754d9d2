// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/base/Error.h>

#include <QByteArrayList>
#include <QMap>
#include <QObject>
#include <QStringList>

QT_BEGIN_NAMESPACE
class QProcess;
QT_END_NAMESPACE

namespace isol8 {

/*!
    One run of resources/images/image.sh or packages.sh, from its embedded text: no script lies on the disk. The script
   ends and cleans up behind itself when this object, or this whole program, is gone.

    ended() comes exactly once after start(), never from inside it: with an empty code the script made what was asked;
    image_failed otherwise, its message the script's own last sentence, its detail the end of its log; cancelled after
    cancel().
*/
class ImageScript : public QObject
{
    Q_OBJECT

public:
    //! \a arguments of image.sh without OUT: {"rootfs", "python"}.
    ImageScript(const QStringList &arguments, const QString &architecture, const QString &downloads,
                QObject *parent = nullptr);
    //! packages.sh: fetches Debian's \a packages for what stands on the recipe \a base ("python" or "base").
    static ImageScript *forPackages(const QString &base, const QStringList &packages, const QString &architecture,
                                    QObject *parent);
    ~ImageScript() override;

    void start();
    //! After ready(): the file is open or not wanted; the script removes it and ends.
    void release();
    void cancel();

Q_SIGNALS:
    void progress(const QString &sentence, int percent);
    void log(const QString &line);
    //! The file is whole. It is there until release().
    void ready(const QString &path);
    void ended(const isol8::Error &error);

private:
    struct Script
    {
        QString name;
        QByteArray text;
        QString failure; //!< begins the sentence about a failure
    };
    ImageScript(const Script &script, const QStringList &arguments, const QMap<QString, QString> &variables,
                QObject *parent);
    void readOutput();
    void readLog(bool all);
    void end(int exitCode, bool crashed);

    QProcess *m_process;
    QString m_failure;
    QByteArray m_output;
    QByteArray m_log;
    QStringList m_tail;
    bool m_ended = false;
    bool m_cancelled = false;
};

} // namespace isol8
