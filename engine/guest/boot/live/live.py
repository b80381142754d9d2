# SPDX-License-Identifier: GPL-3.0-or-later
# The Python of a session: one program after the other in one `__main__`. init/Live.h says how it and init speak.
#
# A program may replace or break anything that it can reach. What this needs for every program it has in names of its
# own; where that is not enough it ends, so that the next program gets another interpreter.

__builtins__ = dict(vars(__import__('builtins')))  # not those that a program changes


def _main():
    import __future__
    import ast
    import builtins
    import contextvars
    import errno
    import fcntl
    import importlib
    import importlib.machinery
    import inspect
    import io
    import linecache
    import os
    import select
    import signal
    import socket
    import sys
    import threading
    import tokenize
    import traceback
    import types
    from os import _exit, chdir, dup2, fsdecode, fstat, getcwd, getpid, write
    from os.path import dirname, isdir, isfile, realpath
    from signal import default_int_handler, getsignal, pthread_sigmask, raise_signal
    from sys import getrecursionlimit, setprofile, setrecursionlimit, settrace
    from threading import current_thread, main_thread
    set_handler = signal.signal
    environ = os.environ
    largest = 8 << 20  # of a value; of one that is larger the host says so

    # Out of the way of programs that choose their descriptors, or close a few.
    channel = socket.socket(fileno=fcntl.fcntl(3, fcntl.F_DUPFD_CLOEXEC, 200))
    os.close(3)
    pipes = [fcntl.fcntl(number, fcntl.F_DUPFD_CLOEXEC, 200) for number in range(3)]
    owner = getpid()
    lock = threading.RLock()
    context = contextvars.copy_context()
    state = {'busy': False, 'begun': False, 'early': False, 'count': 0, 'loop': None, 'stdin': sys.stdin,
             'folder': '/sandbox', 'interrupt': default_int_handler}
    sources = {}  # file -> what it held first
    received = bytearray()

    # Out of the way of the program's own: what is imported from here on is looked up as in any program in /sandbox.
    sys.path[0] = '/sandbox'
    main = types.ModuleType('__main__')
    main.__builtins__ = builtins
    sys.modules['__main__'] = main

    def give_up(error):
        """This interpreter can run no program any more. The next one gets another."""
        try:
            write(2, f'The interpreter cannot go on: {type(error).__name__}: {error}\n'.encode('utf-8', 'replace'))
        finally:
            _exit(1)

    def receive():
        try:
            data = channel.recv(1 << 20)
        except BaseException as error:
            if isinstance(error, OSError) and error.errno in (errno.EBADF, errno.ENOTSOCK, errno.ENOTCONN):
                give_up(error)
            if not isinstance(error, InterruptedError):
                tell_of(error)  # a program's handler of a signal has raised it
            return
        if not data:
            _exit(0)
        received.extend(data)

    def field():
        while True:
            at = received.find(0)
            if at >= 0:
                text = bytes(received[:at])
                del received[:at + 1]
                return fsdecode(text)
            receive()

    def flush():
        for name in ('stdout', 'stderr'):
            try:
                getattr(sys, name).flush()
            except BaseException:
                pass

    def uninterrupted(function, *arguments):
        """Signals come to their handlers when it is done."""
        handler = getsignal(signal.SIGINT)
        if handler is None or current_thread() is not main_thread():
            function(*arguments)
            return
        late = []
        mask = pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals() - {signal.SIGINT})
        set_handler(signal.SIGINT, lambda *_: late.append(1))
        try:
            function(*arguments)
        finally:
            set_handler(signal.SIGINT, handler)
            pthread_sigmask(signal.SIG_SETMASK, mask)
        if late:
            raise_signal(signal.SIGINT)

    def show(mime, data):
        """Gives a value to the host; text as it is, bytes as they are."""
        if isinstance(data, str):
            data = data.encode('utf-8', 'replace')
        uninterrupted(hand_over, mime, data[:largest + 1])

    def hand_over(mime, data):
        with lock:
            if not state['busy'] or getpid() != owner:
                return
            flush()
            channel.sendall(b'D %d %s\n' % (len(data), mime.encode('ascii')) + data)
            while not received:
                receive()
            del received[:1]  # that init has all that was written before

    def bring(name):
        """A module, which is imported as if no program had changed what imports need."""
        if name in sys.modules:
            return sys.modules[name]
        theirs = dict(vars(builtins))
        vars(builtins).update(__builtins__)
        try:
            return importlib.import_module(name)
        finally:
            vars(builtins).update(theirs)

    def is_type(mime):
        return isinstance(mime, str) and len(mime) <= 100 and '/' in mime and all('!' <= c <= '~' for c in mime)

    def tell_of(error):
        """On stderr, what a part of the program has failed with that does not end it."""
        trace = error.__traceback__
        while trace is not None and trace.tb_frame.f_code.co_filename == tell_of.__code__.co_filename:
            trace = trace.tb_next
        try:
            traceback.print_exception(type(error), error, trace)
        except Exception:
            pass

    def attempt(function, *arguments, **named):
        """None where it fails, which is told and ends nothing else."""
        try:
            return function(*arguments, **named)
        except Exception as error:
            tell_of(error)

    def method_of(value, name):
        try:
            method = getattr(value, name, None)
        except Exception:
            return None
        return method if callable(method) else None

    def content(mime, data):
        """What is to be shown of what a program gave for a type: str or bytes."""
        if isinstance(data, (bytearray, memoryview)):
            data = bytes(data)
        if not isinstance(data, (str, bytes)):
            data = bring('json').dumps(data)
        if isinstance(data, str) and mime in ('image/png', 'image/jpeg'):
            data = bring('base64').b64decode(data)
        return data

    representations = (
        ('_repr_html_', 'text/html'), ('_repr_markdown_', 'text/markdown'), ('_repr_svg_', 'image/svg+xml'),
        ('_repr_png_', 'image/png'), ('_repr_jpeg_', 'image/jpeg'), ('_repr_latex_', 'text/latex'),
        ('_repr_json_', 'application/json'))

    def show_value(value):
        figure = sys.modules.get('matplotlib.figure')
        if figure is not None and isinstance(value, figure.Figure):
            show_figure(value)
            pyplot = sys.modules.get('matplotlib.pyplot')
            if pyplot is not None:
                pyplot.close(value)
            return
        pieces = {}
        # An object that has every method, as those that stand for others in tests, has none of these.
        if not isinstance(value, type) and method_of(value, '_isol8_no_method_has_this_name_') is None:
            bundle = method_of(value, '_repr_mimebundle_')
            given = bundle and attempt(bundle, include=None, exclude=None)
            given = given[0] if isinstance(given, tuple) and given else given
            if isinstance(given, dict):
                pieces.update({mime: data for mime, data in given.items() if is_type(mime) and data is not None})
            for name, mime in representations:
                method = method_of(value, name)
                if mime in pieces or method is None:
                    continue
                given = attempt(method)
                given = given[0] if isinstance(given, tuple) and given else given
                if given is not None:
                    pieces[mime] = given
        for mime, data in pieces.items():
            data = None if mime == 'text/plain' else attempt(content, mime, data)
            if data is not None:
                show(mime, data)
        text = pieces.get('text/plain')
        if not isinstance(text, str):
            text = attempt(repr, value)
        show('text/plain', object.__repr__(value) if text is None else text)

    def show_figure(figure):
        kind = 'png'
        try:
            kind = sys.modules['matplotlib'].rcParams['savefig.format']
        except Exception:
            pass
        kind = 'svg' if kind == 'svg' else 'png'
        file = io.BytesIO()
        figure.savefig(file, format=kind, bbox_inches='tight')
        show('image/svg+xml' if kind == 'svg' else 'image/png', file.getvalue())

    def show_figures(*_, **__):
        pyplot = sys.modules.get('matplotlib.pyplot')
        if pyplot is None:
            return
        try:
            for number in pyplot.get_fignums():
                figure = pyplot.figure(number)
                if figure.axes or figure.texts or figure.images or figure.lines:
                    show_figure(figure)
        finally:
            pyplot.close('all')  # or they would be the next program's

    class Figures:
        """Finds and makes matplotlib's backend, when that asks for it: figures are shown where a program shows them, and
        at its end those that it left open."""

        @staticmethod
        def find_spec(name, path=None, target=None):
            if name == 'isol8_figures':
                return importlib.machinery.ModuleSpec(name, Figures)

        @staticmethod
        def create_module(spec):
            return None

        @staticmethod
        def exec_module(module):
            from matplotlib.backend_bases import FigureManagerBase
            from matplotlib.backends.backend_agg import FigureCanvasAgg

            class FigureCanvas(FigureCanvasAgg):
                required_interactive_framework = None

            module.FigureCanvas = FigureCanvas
            module.FigureManager = FigureManagerBase
            module.show = show_figures

    if 'MPLBACKEND' not in os.environ:
        sys.meta_path.append(Figures)
        os.environ['MPLBACKEND'] = 'module://isol8_figures'

    def loop():
        asyncio = bring('asyncio')
        current = state['loop']
        if current is None or current.is_closed():
            current = state['loop'] = asyncio.new_event_loop()
        asyncio.set_event_loop(current)
        return current

    def awaits(code):
        return code is not None and code.co_flags & inspect.CO_COROUTINE

    def begins_tasks(tree):
        """It makes tasks of asyncio's, for which a loop must run, and runs none itself."""
        found = False
        nodes = list(tree.body)
        for node in nodes:
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
                continue
            nodes.extend(ast.iter_child_nodes(node))
            called = node.func if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) else None
            if called is None:
                continue
            of_asyncio = isinstance(called.value, ast.Name) and called.value.id == 'asyncio'
            if called.attr in ('run_until_complete', 'run_forever') or (of_asyncio and called.attr == 'run'):
                return False
            found = found or (of_asyncio and called.attr in ('create_task', 'ensure_future'))
        return found

    def run_parts(body, final, in_loop):
        """The value of the last expression. With an `await` anywhere all of the program is one task."""
        if in_loop or awaits(body) or awaits(final):
            return run_task(body, final)
        if body is not None:
            context.run(eval, body, main.__dict__)
        return None if final is None else context.run(eval, final, main.__dict__)

    def run_task(body, final):
        asyncio = bring('asyncio')

        async def program():
            value = None
            for code in (body, final):
                value = None if code is None else eval(code, main.__dict__)
                if awaits(code):
                    value = await value
            return value

        current = loop()
        task = current.create_task(program(), **({'context': context} if sys.version_info >= (3, 11) else {}))
        try:
            return current.run_until_complete(task)
        except KeyboardInterrupt as interrupt:
            if task.done():
                raise
            task.cancel()
            try:
                current.run_until_complete(task)
            except asyncio.CancelledError as cancelled:  # where the program waited
                interrupt.with_traceback(cancelled.__traceback__)
            except BaseException:
                pass
            interrupt.__context__ = None
            raise interrupt

    flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    future = {'flags': 0}

    def compile_part(tree, name, mode):
        code = compile(tree, name, mode, flags | future['flags'], dont_inherit=True)
        for feature in __future__.all_feature_names:
            future['flags'] |= code.co_flags & getattr(__future__, feature).compiler_flag
        return code

    def execute(file):
        """The exit code."""
        with open(file, 'rb') as opened:
            source = opened.read()
        name = file
        if sources.setdefault(file, source) != source:
            name = f'{file}#{state["count"]}'  # so that the lines of what an earlier program defined stay its own
        try:
            encoding, _ = tokenize.detect_encoding(io.BytesIO(source).readline)
            decoded = source.decode(encoding)
            lines = io.StringIO(decoded, newline=None).read().splitlines(True)
            if lines and not lines[-1].endswith('\n'):
                lines[-1] += '\n'  # which linecache's readers count on
            linecache.cache[name] = (len(decoded), None, lines, name)
        except (SyntaxError, UnicodeDecodeError, LookupError):
            pass
        main.__dict__['__file__'] = file
        main.__dict__.setdefault('__annotations__', {})
        parts = [None, None]
        code = 0
        try:
            run_source(source, name, parts)
        except BaseException as error:
            code = report(error, parts)
            if code == 130 and isinstance(error, KeyboardInterrupt):
                close_figures()
                return code
        finally:
            quieten()
        try:
            show_figures()
        except BaseException as error:
            code = report(error, parts) or code
        return code

    def run_source(source, name, parts):
        tree = compile(source, name, 'exec', flags | ast.PyCF_ONLY_AST | future['flags'], dont_inherit=True)
        in_loop = b'asyncio' in source and begins_tasks(tree)
        last = None
        if tree.body and isinstance(tree.body[-1], ast.Expr):
            last = ast.Expression(tree.body.pop().value)
        parts[0] = compile_part(tree, name, 'exec') if tree.body else None
        parts[1] = compile_part(last, name, 'eval') if last is not None else None
        try:
            value = run_parts(*parts, in_loop)
        finally:
            quieten()
        if value is not None:
            main.__dict__['_'] = value
            show_value(value)

    def quieten():
        """What a program has set for its own calls does not concern those that follow here."""
        for unset in (settrace, setprofile):
            for _ in range(2):  # it may fail, and is unset then
                try:
                    unset(None)
                except BaseException:
                    pass
        if getrecursionlimit() < 500:
            setrecursionlimit(1000)

    def close_figures():
        try:
            sys.modules['matplotlib.pyplot'].close('all')
        except BaseException:
            pass

    def own_part(trace, body, final):
        """What is the program's: without the frames of ours, and of asyncio's, that led to it."""
        at = trace
        while at is not None and at.tb_frame.f_code not in (body, final):
            at = at.tb_next
        if at is not None:
            return at
        while trace is not None and trace.tb_frame.f_code.co_filename == execute.__code__.co_filename:
            trace = trace.tb_next
        return trace

    def report(error, parts):
        """The exit code."""
        for prepare in (flush, put_back):  # should it be closed what this writes to
            try:
                prepare()
                return tell(error, own_part(error.__traceback__, *parts))
            except KeyboardInterrupt:
                return 130
            except BaseException:
                pass
        write(2, f'{type(error).__name__}, which cannot be shown\n'.encode('utf-8', 'replace'))
        return 1

    def tell(error, trace):
        if isinstance(error, SystemExit):
            if error.code is None or isinstance(error.code, int):
                return 0 if error.code is None else int.__and__(error.code, 0xff)
            print(error.code, file=sys.stderr)
            return 1
        kind = type(error)
        error = BaseException.with_traceback(error, trace)
        try:
            if sys.excepthook is sys.__excepthook__:  # which knows only sources that are files
                traceback.print_exception(kind, error, trace)
            else:
                sys.excepthook(kind, error, trace)
        except BaseException:
            traceback.print_exception(kind, error, trace)
        sys.last_type, sys.last_value, sys.last_traceback = kind, error, trace
        return 130 if kind is KeyboardInterrupt else 1

    def put_back():
        """What a program has closed, and descriptors that it led elsewhere."""
        for number, pipe in enumerate(pipes):
            try:
                if os.path.samestat(fstat(number), fstat(pipe)):
                    continue
            except OSError:
                pass
            dup2(pipe, number)
        for name, number, errors in (('stdout', 1, 'surrogateescape'), ('stderr', 2, 'backslashreplace')):
            for attribute in (name, f'__{name}__'):
                try:
                    stream = getattr(sys, attribute, None)
                    closed = stream is None or getattr(stream, 'closed', False)
                except Exception:  # its buffer was taken from it
                    closed = True
                if closed:
                    setattr(sys, attribute, io.TextIOWrapper(
                        open(number, 'wb', 0, closefd=False), encoding='utf-8', errors=errors, write_through=True))

    def quiet(*_):
        """SIGINT while no program runs: for the one that has ended, or for one that was told of and has not begun."""
        if state['begun'] or received or select.select([channel], [], [], 0)[0]:
            state['early'] = True

    def look_beside(file):
        """Imports find what lies beside the program, as where it runs alone."""
        before, state['folder'] = state['folder'], dirname(realpath(file))
        folder = state['folder']
        if before not in sys.path:
            sys.path.insert(0, folder)
        elif before != folder:
            sys.path[sys.path.index(before)] = folder
            forget(before, folder)
        importlib.invalidate_caches()

    def forget(before, folder):
        """Of modules from beside the last program those whose names lie beside this one, too."""
        def is_other(top):
            file = getattr(sys.modules.get(top), '__file__', None)
            return isinstance(file, str) and dirname(file) in (before, f'{before}/{top}') and (
                isfile(f'{folder}/{top}.py') or isdir(f'{folder}/{top}'))

        for name in [name for name in sys.modules if is_other(name.partition('.')[0])]:
            del sys.modules[name]

    def environments():
        return (environ,) if os.environ is environ else (environ, os.environ)

    def begin(folder, arguments, variables, given):
        """Whether it can. What is the program's alone is in `given`: end() takes it back, however far this has come."""
        put_back()
        for number, each in enumerate(environments()):
            for variable in variables:
                key, _, value = variable.partition('=')
                given[number, key] = (each, each.get(key), value)
                each[key] = value
        main.__dict__.setdefault('__builtins__', builtins)
        main.__dict__.setdefault('__name__', '__main__')
        sys.modules.setdefault('__main__', main)
        sys.argv[:] = arguments
        try:
            look_beside(arguments[0])
        except Exception:  # with what a program has made of sys.path or sys.modules
            pass
        if sys.stdin is state['stdin']:  # with nothing in its buffer that an earlier program left unread
            state['stdin'] = sys.stdin = io.TextIOWrapper(open(0, 'rb', closefd=False), encoding='utf-8', errors='surrogateescape')
        try:
            if folder:
                chdir(folder)
        except OSError as error:
            print(f'{error.strerror}: {folder}', file=sys.stderr)
            return False
        return True

    def place():
        try:
            return getcwd()
        except OSError:  # it was removed
            return None

    def end(given, folder, before):
        for (_, key), (each, old, value) in given.items():
            if each.get(key) != value:
                continue
            if old is None:
                del each[key]
            else:
                each[key] = old
        if folder and place() in (None, os.path.realpath(folder)):
            for target in (before, '/sandbox'):
                try:
                    if target:
                        chdir(target)
                        break
                except OSError:
                    pass

    def keep_handler():
        """The program's own handler of interrupts is there again in the next run."""
        handler = getsignal(signal.SIGINT)
        if handler is not quiet and handler is not None:
            state['interrupt'] = handler
        state['begun'] = state['early'] = False
        set_handler(signal.SIGINT, quiet)

    def run(nonce, folder, arguments, variables, given):
        """The exit code."""
        try:
            try:
                started = begin(folder, arguments, variables, given)
                state['busy'] = started
                set_handler(signal.SIGINT, state['interrupt'])
                channel.sendall(b'B %s\n' % nonce)
                if state['early']:
                    raise_signal(signal.SIGINT)
                return execute(arguments[0]) if started else 1
            finally:
                if getpid() == owner:
                    keep_handler()
        except KeyboardInterrupt:
            if getpid() == owner:
                keep_handler()
            return 130

    def serve():
        kind = field()
        state['begun'] = True
        nonce = field().encode('ascii')
        folder = field()
        arguments = [field() for _ in range(int(field()))]
        variables = [field() for _ in range(int(field()))]
        if not kind.endswith('RUN'):  # behind the answer for a value that was given up
            return
        state['count'] += 1
        given = {}
        before = folder and place()
        code = 1
        try:
            code = run(nonce, folder, arguments, variables, given)
        finally:
            if getpid() != owner:  # a child that the program forked has come to the program's end
                flush()
                _exit(code)
            end(given, folder, before)
        with lock:
            state['busy'] = False
            flush()
            channel.sendall(b'E %s %d\n' % (nonce, code))

    set_handler(signal.SIGINT, quiet)
    channel.sendall(b'R\n')
    while True:
        try:
            serve()
        except BaseException as error:
            give_up(error)


_main()
