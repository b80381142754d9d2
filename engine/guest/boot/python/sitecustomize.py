# SPDX-License-Identifier: GPL-3.0-or-later
# Stops a starting Python just before it opens its program, until there is one, and then goes on as if it had been
# started for it: init/Waiting.h says how the two speak. It is imported by `site`, as the last thing before the program,
# from a folder that stands in PYTHONPATH and that is gone again when the program runs. What it uses is loaded already.
#
# The name of the program was given before it was known. It stands, long enough for any, in the memory of the process:
# where, is looked up before the wait; the true one is written over it.


def _wait():
    import os
    import posix
    import sys

    name = sys.argv[0]
    folder = os.environ['PYTHONPATH']

    def places(start, end, pattern):
        found = []
        memory = posix.open('/proc/self/mem', posix.O_RDONLY | posix.O_CLOEXEC)
        try:
            data = posix.pread(memory, end - start, start)
        finally:
            posix.close(memory)
        at = data.find(pattern)
        while at >= 0:
            found.append(start + at)
            at = data.find(pattern, at + 1)
        return found

    def heap():
        file = posix.open('/proc/self/maps', posix.O_RDONLY | posix.O_CLOEXEC)
        text = b''
        while True:
            part = posix.read(file, 65536)
            if not part:
                break
            text += part
        posix.close(file)
        for line in text.split(b'\n'):
            if line.endswith(b'[heap]'):
                start, end = line.split(b' ', 1)[0].split(b'-')
                return int(start, 16), int(end, 16)
        return 0, 0

    def wide(text):  # as C's wchar_t, without loading a codec for it
        return b''.join([ord(character).to_bytes(4, 'little') for character in text + '\0'])

    names = places(*heap(), wide(name))
    if not names:
        posix._exit(1)  # not a Python that this knows: programs are started in the usual way

    sys.path.remove(folder)
    sys.path_importer_cache.pop(folder, None)
    del sys.modules['sitecustomize']
    try:
        import sitecustomize  # the image's own, if it has one
    except ImportError as error:
        if error.name != 'sitecustomize':
            raise
    forks = os.environ['ISOL8_WAIT'] == 'fork'
    if forks:
        posix.fork()  # returns in children only, each for one run (boot/fork.c)
        # What a program will need, done once now, while nobody waits for it.
        scratch = {}
        exec(compile('def f(x=1):\n  return [x, str(x)]\nf()\n', '/sandbox/main.py', 'exec'), scratch)
        scratch.clear()
        open('/dev/null').close()
        posix.fork()  # returns when the run is there
    else:
        posix.write(3, b'R')
        if posix.read(3, 1) != b'G':
            posix._exit(0)

    data = posix.read(4, posix.fstat(4).st_size)
    at = 0

    def take():
        nonlocal at
        size = int.from_bytes(data[at:at + 4], 'little')
        at += 4 + size
        return data[at - size:at]

    def take_list():
        nonlocal at
        count = int.from_bytes(data[at:at + 4], 'little')
        at += 4
        return [take() for _ in range(count)]

    arguments = [os.fsdecode(item) for item in take_list()]
    variables = take_list()
    cwd = take()
    file = take()
    content = take()

    def give_up(what, error):
        posix.write(3, what.to_bytes(4, 'little') + error.errno.to_bytes(4, 'little'))
        posix._exit(127)

    os.environ.clear()
    for variable in variables:
        key, _, value = variable.partition(b'=')
        os.environb[key] = value
    if file:
        try:
            descriptor = posix.open(file, posix.O_WRONLY | posix.O_CREAT | posix.O_TRUNC | posix.O_NOFOLLOW
                                    | posix.O_NONBLOCK | posix.O_CLOEXEC, 0o644)
            while content:
                content = content[posix.write(descriptor, content):]
            posix.close(descriptor)
        except OSError as error:
            give_up(4, error)
    if cwd:
        try:
            posix.chdir(cwd)
        except OSError as error:
            give_up(0, error)

    old = wide(name)
    new = wide(arguments[1])
    memory = posix.open('/proc/self/mem', posix.O_RDWR | posix.O_CLOEXEC)
    for place in names:
        if posix.pread(memory, len(old), place) == old:  # what was a passing copy may be something else by now
            posix.pwrite(memory, new, place)
    posix.close(memory)
    sys.argv[:] = arguments[1:]
    sys.orig_argv[:] = arguments
    posix.close(4)
    posix.close(3)  # tells init that the program runs

    globals().clear()  # or this module would stay, in a circle with its function
    if 'sitecustomize' not in sys.modules:
        raise ImportError(name='sitecustomize')  # so that `site` finds none, as it would have


_wait()
