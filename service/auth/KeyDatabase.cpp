// SPDX-License-Identifier: GPL-3.0-or-later
#include <service/auth/KeyDatabase.h>

#include <QDeadlineTimer>
#include <QLoggingCategory>
#include <QMutex>
#include <QThread>

using namespace Qt::StringLiterals;

namespace isol8::service {

namespace {

Q_LOGGING_CATEGORY(databaseLog, "isol8.auth", QtWarningMsg)

} // namespace

struct KeyDatabase::Link
{
    QMutex mutex;
    KeyDatabase *database = nullptr; //!< null when it is gone
};

class KeyDatabase::Worker : public QObject
{
public:
    std::unique_ptr<KeyStore> store;
};

KeyDatabase::KeyDatabase(std::unique_ptr<KeyStore> store, QObject *parent)
    : QObject(parent)
    , m_link(std::make_shared<Link>())
    , m_worker(new Worker)
{
    m_link->database = this;
    m_worker->store = std::move(store);
    auto *thread = new QThread;
    thread->setObjectName(u"isol8-keys"_s);
    m_worker->moveToThread(thread);
    thread->start();
}

KeyDatabase::~KeyDatabase()
{
    QThread *const thread = m_worker->thread();
    QMetaObject::invokeMethod(
        m_worker,
        [worker = m_worker, thread] {
            worker->store.reset();
            thread->quit();
        },
        Qt::QueuedConnection);
    if (thread->wait(QDeadlineTimer(LastPatience))) {
        delete m_worker;
        delete thread;
    } else {
        qCWarning(databaseLog) << "the key database does not answer: what was noted of keys last is lost";
    }
    const QMutexLocker lock(&m_link->mutex);
    m_link->database = nullptr;
}

void KeyDatabase::post(std::function<void(KeyStore &)> job, const std::function<void()> &tell)
{
    const quint64 number = ++m_last;
    m_waiting.insert(number, tell);
    QMetaObject::invokeMethod(
        m_worker,
        [worker = m_worker, link = m_link, number, job = std::move(job)] {
            job(*worker->store);
            const QMutexLocker lock(&link->mutex);
            if (KeyDatabase *const database = link->database)
                QMetaObject::invokeMethod(
                    database, [database, number] { database->m_waiting.take(number)(); }, Qt::QueuedConnection);
        },
        Qt::QueuedConnection);
}

} // namespace isol8::service
