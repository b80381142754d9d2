// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/guest/Frames.h>

#include <QByteArray>
#include <QJsonObject>
#include <QString>

/*!
    A container with isol8-init, driven by hand: blocking calls to the daemon's Unix socket and raw frames. For the
   tests of the guest alone; nothing of the engine takes part. The image holds three empty folders, the program is the
   probe.
*/
class GuestBox
{
public:
    struct Received
    {
        isol8::guest::FrameType type{};
        quint32 id = 0;
        std::string payload;
    };
    struct Limits
    {
        qint64 memory = 64 << 20;
        const char *sandbox = "16m";
    };
    struct Outcome
    {
        bool ended = false; //!< an Exit came
        bool started = false;
        isol8::guest::ExitMessage exit;
        QByteArray output;
        QByteArray errors;
        qint64 credit = 0;
    };

    explicit GuestBox(const Limits &limits);
    GuestBox()
        : GuestBox(Limits())
    {
    }
    ~GuestBox();

    [[nodiscard]] static bool makeImage(); //!< false: there is no daemon, or it refused
    static void removeImage();

    [[nodiscard]] QString problem() const { return m_problem; } //!< empty: it runs
    [[nodiscard]] const isol8::guest::HelloMessage &hello() const { return m_hello; }

    void send(isol8::guest::FrameType type, quint32 id, std::string_view payload = {});
    void sendRaw(const QByteArray &bytes);
    //! The next frame that is neither Pong nor Usage. False at the stream's end, or after \a ms.
    [[nodiscard]] bool next(Received *frame, int ms = 20000);
    //! Waits for a frame of this type; what else comes is dropped.
    [[nodiscard]] bool await(isol8::guest::FrameType type, Received *frame, int ms = 20000);

    //! Starts "probe ARGUMENTS".
    void start(quint32 id, std::vector<std::string> arguments, quint32 flags = 0, quint64 maxStdout = ~quint64(0));
    [[nodiscard]] Outcome finish(quint32 id, int ms = 30000);
    [[nodiscard]] Outcome run(std::vector<std::string> arguments, quint32 flags = 0, quint64 maxStdout = ~quint64(0));

    [[nodiscard]] isol8::guest::FileDoneMessage put(const std::string &path, const std::string &content);
    [[nodiscard]] isol8::guest::FileDoneMessage get(const std::string &path, std::string *content);

    void hangUp(); //!< what happens when the engine dies
    [[nodiscard]] bool gone(int ms = 5000) const;

private:
    [[nodiscard]] bool receive(int ms);

    QString m_problem;
    QByteArray m_id;
    int m_fd = -1;
    quint32 m_nextId = 1000;
    QByteArray m_raw;
    isol8::guest::Buffer m_frames;
    isol8::guest::HelloMessage m_hello;
};
