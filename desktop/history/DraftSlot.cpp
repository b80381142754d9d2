// SPDX-License-Identifier: GPL-3.0-or-later
#include <desktop/history/DraftSlot.h>

#include <QLockFile>

using namespace Qt::StringLiterals;

namespace isol8::desktop {

namespace {
constexpr int MaxSlots = 100;
}

DraftSlot::DraftSlot(QString folder)
    : m_folder(std::move(folder))
{
}

DraftSlot::~DraftSlot() = default;

int DraftSlot::number(const QList<int> &kept)
{
    if (m_number > 0)
        return m_number;
    for (const int slot : kept) {
        if (take(slot))
            return m_number;
    }
    for (int slot = 1; slot < MaxSlots; ++slot) {
        if (!kept.contains(slot) && take(slot))
            return m_number;
    }
    return m_number = MaxSlots;
}

bool DraftSlot::take(int number)
{
    auto lock = std::make_unique<QLockFile>(m_folder + u"/draft-%1.lock"_s.arg(number));
    lock->setStaleLockTime(0); // by its process's end alone
    // One that nobody holds is left from a kill, also where the computer had another name then. In a folder where no
    // lock can be, nothing can be kept either.
    if (!lock->tryLock(0) && lock->error() == QLockFile::LockFailedError &&
        !(lock->removeStaleLockFile() && lock->tryLock(0)))
        return false;
    m_lock = std::move(lock);
    m_number = number;
    return true;
}

} // namespace isol8::desktop
