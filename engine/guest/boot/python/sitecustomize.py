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
        import gc
        gc.collect()
        gc.freeze()  # the collector touches, and so copies, nothing of what all share
        posix.fork()  # returns in children only, each for one run (boot/fork.c)
        # What a program will need, done once now, while nobody waits for it.
        _end_soon(gc)
        exec(compile('def f(x=1):\n  return [x, str(x)]\nf()\n', '/sandbox/main.py', 'exec'), {})
        open('/dev/null').close()
        posix.fork()  # returns when the run is there
    else:
        posix.write(3, b'R')
        if posix.read(3, 1) != b'G':
            posix._exit(0)

    data = b''
    while True:
        part = posix.read(4, 1 << 20)
        if not part:
            break
        data += part
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

    if 'sitecustomize' not in sys.modules:
        raise ImportError(name='sitecustomize')  # so that `site` finds none, as it would have


# Python's own end takes every object apart, and so copies most of the memory that a forked process shares: more than a
# short program costs. What the user could notice of it are finalizers. So where the exit status is plain to see and
# nothing that the program left has one, the process just ends; else Python's own end follows.
def _end_soon(gc):
    import _weakref
    import atexit
    import posix
    import sys

    has_collector = 1 << 14  # Py_TPFLAGS_HAVE_GC

    def status():
        names = sys.modules['__main__'].__dict__
        if '__file__' in names or '__cached__' in names:
            return None  # taken away when a program has run to its end: this one was ended by SystemExit
        kind = sys.__dict__.get('last_type')
        if kind is None:
            return 0
        trace = sys.__dict__.get('last_traceback')
        if trace is None or issubclass(kind, KeyboardInterrupt) or trace.tb_frame.f_globals is not names:
            return None
        return 1

    def finalizers():
        for item in gc.get_objects():  # without what was there before the program
            kind = type(item)
            if hasattr(kind, '__del__'):
                return True
            if kind is _weakref.ref and getattr(item.__callback__, '__module__', None) == '__main__':
                return True
            if kind is type and '__del__' in item.__dict__ and not item.__flags__ & has_collector:
                return True
        return False

    def end():
        try:
            code = status()
            if code is not None and not finalizers():
                for stream in (sys.stderr, sys.stdout):
                    stream.flush()
                posix._exit(code)
        except BaseException:
            pass  # it will show again in Python's own end
        gc.unfreeze()

    # A module that is not frozen, or the collector would not look at what it holds.
    frozen = sys.modules['__main__']
    main = type(sys)('__main__')
    for name, value in frozen.__dict__.items():
        setattr(main, name, value)
    main.__annotations__ = {}
    sys.modules['__main__'] = main
    atexit.register(end)
    for name in ('atexit', 'gc'):
        sys.modules.pop(name, None)


_wait()
