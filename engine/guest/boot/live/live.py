# SPDX-License-Identifier: GPL-3.0-or-later
# The Python of a session: one program after the other in one `__main__`. init/Live.h says how it and init speak.


def _main():
    import ast
    import builtins
    import contextvars
    import fcntl
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

    # Out of the way of programs that choose their descriptors, or close a few.
    channel = socket.socket(fileno=fcntl.fcntl(3, fcntl.F_DUPFD_CLOEXEC, 200))
    os.close(3)
    pipes = [fcntl.fcntl(number, fcntl.F_DUPFD_CLOEXEC, 200) for number in range(3)]
    owner = os.getpid()
    lock = threading.RLock()
    context = contextvars.copy_context()
    state = {'busy': False, 'begun': False, 'early': False, 'count': 0, 'loop': None, 'stdin': sys.stdin,
             'interrupt': signal.default_int_handler}
    sources = {}  # file -> what it held first
    received = bytearray()

    # Out of the way of the program's own: what is imported from here on is looked up as in any program in /sandbox.
    sys.path[0] = '/sandbox'
    main = types.ModuleType('__main__')
    main.__builtins__ = builtins
    sys.modules['__main__'] = main

    def receive():
        try:
            data = channel.recv(1 << 20)
        except InterruptedError:
            return
        if not data:
            os._exit(0)
        received.extend(data)

    def field():
        while True:
            at = received.find(0)
            if at >= 0:
                text = bytes(received[:at])
                del received[:at + 1]
                return os.fsdecode(text)
            receive()

    def flush():
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except Exception:
                pass

    def uninterrupted(function, *arguments):
        """SIGINT comes to its handler when it is done."""
        handler = signal.getsignal(signal.SIGINT)
        if handler is None or threading.current_thread() is not threading.main_thread():
            function(*arguments)
            return
        late = []
        signal.signal(signal.SIGINT, lambda *_: late.append(1))
        try:
            function(*arguments)
        finally:
            signal.signal(signal.SIGINT, handler)
        if late:
            signal.raise_signal(signal.SIGINT)

    def show(mime, data):
        """Gives a value to the host; text as it is, bytes as they are."""
        if isinstance(data, str):
            data = data.encode('utf-8', 'replace')
        if len(data) <= 32 << 20:
            uninterrupted(hand_over, mime, data)

    def hand_over(mime, data):
        with lock:
            if not state['busy'] or os.getpid() != owner:
                return
            flush()
            channel.sendall(b'D %d %s\n' % (len(data), mime.encode('ascii')) + data)
            if not received:
                receive()
            del received[:1]  # that init has all that was written before

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
        if not isinstance(value, type):
            bundle = getattr(value, '_repr_mimebundle_', None)
            if callable(bundle):
                given = bundle(include=None, exclude=None)
                given = given[0] if isinstance(given, tuple) else given
                pieces.update({k: v for k, v in (given or {}).items() if isinstance(k, str) and '/' in k})
            for name, mime in representations:
                method = getattr(value, name, None)
                if mime in pieces or not callable(method):
                    continue
                given = method()
                given = given[0] if isinstance(given, tuple) else given
                if given is not None:
                    pieces[mime] = given
        for mime, data in pieces.items():
            if mime == 'text/plain':
                continue
            if not isinstance(data, (str, bytes)):
                import json
                data = json.dumps(data)
            if isinstance(data, str) and mime in ('image/png', 'image/jpeg'):
                import base64
                data = base64.b64decode(data)
            show(mime, data)
        text = pieces.get('text/plain')
        show('text/plain', text if isinstance(text, str) else repr(value))

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
        for number in pyplot.get_fignums():
            figure = pyplot.figure(number)
            if figure.axes or figure.texts or figure.images or figure.lines:
                show_figure(figure)
        pyplot.close('all')

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
        import asyncio
        current = state['loop']
        if current is None or current.is_closed():
            current = state['loop'] = asyncio.new_event_loop()
        asyncio.set_event_loop(current)
        return current

    def awaits(code):
        return code is not None and code.co_flags & inspect.CO_COROUTINE

    def run_parts(body, final):
        """The value of the last expression. With an `await` anywhere all of the program is one task."""
        if awaits(body) or awaits(final):
            return run_task(body, final)
        if body is not None:
            context.run(eval, body, main.__dict__)
        return None if final is None else context.run(eval, final, main.__dict__)

    def run_task(body, final):
        import asyncio

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
        import __future__
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
            linecache.cache[name] = (len(decoded), None, io.StringIO(decoded, newline=None).read().splitlines(True), name)
        except (SyntaxError, UnicodeDecodeError, LookupError):
            pass
        main.__dict__['__file__'] = file
        main.__dict__.setdefault('__annotations__', {})
        body = final = None
        try:
            tree = compile(source, name, 'exec', flags | ast.PyCF_ONLY_AST | future['flags'], dont_inherit=True)
            last = None
            if tree.body and isinstance(tree.body[-1], ast.Expr):
                last = ast.Expression(tree.body.pop().value)
            body = compile_part(tree, name, 'exec') if tree.body else None
            final = compile_part(last, name, 'eval') if last is not None else None
            try:
                value = run_parts(body, final)
                if value is not None:
                    main.__dict__['_'] = value
                    show_value(value)
            except SystemExit:
                show_figures()
                raise
            show_figures()
            return 0
        except BaseException as error:
            error.with_traceback(own_part(error.__traceback__, body, final))
            try:
                return report(error)
            except Exception:  # what it writes to is closed
                put_back()
                return report(error)

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

    def report(error):
        """The exit code."""
        if isinstance(error, SystemExit):
            if error.code is None or isinstance(error.code, int):
                return (error.code or 0) & 0xff
            print(error.code, file=sys.stderr)
            return 1
        kind, trace = type(error), error.__traceback__
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
                if os.path.sameopenfile(number, pipe):
                    continue
            except OSError:
                pass
            os.dup2(pipe, number)
        for name, number, errors in (('stdout', 1, 'surrogateescape'), ('stderr', 2, 'backslashreplace')):
            for attribute in (name, f'__{name}__'):
                stream = getattr(sys, attribute, None)
                if stream is None or getattr(stream, 'closed', False):
                    setattr(sys, attribute, io.TextIOWrapper(
                        open(number, 'wb', 0, closefd=False), encoding='utf-8', errors=errors, write_through=True))

    def quiet(*_):
        """SIGINT while no program runs: for the one that has ended, or for one that was told of and has not begun."""
        if state['begun'] or received or select.select([channel], [], [], 0)[0]:
            state['early'] = True

    def begin(folder, arguments, variables):
        put_back()
        given = {}
        for variable in variables:
            key, _, value = variable.partition('=')
            given[key] = (os.environ.get(key), value)
            os.environ[key] = value
        before = None
        if folder:
            before = os.getcwd()
            os.chdir(folder)
        sys.argv[:] = arguments
        if sys.stdin is state['stdin']:  # with nothing in its buffer that an earlier program left unread
            state['stdin'] = sys.stdin = io.TextIOWrapper(open(0, 'rb', closefd=False), encoding='utf-8', errors='surrogateescape')
        return given, before

    def end(given, before, folder):
        for key, (old, value) in given.items():
            if os.environ.get(key) != value:
                continue
            if old is None:
                del os.environ[key]
            else:
                os.environ[key] = old
        if folder:
            try:
                if os.getcwd() == os.path.realpath(folder):
                    os.chdir(before)
            except OSError:
                pass

    def keep_handler():
        """The program's own handler of interrupts is there again in the next run."""
        handler = signal.getsignal(signal.SIGINT)
        if handler is not quiet and handler is not None:
            state['interrupt'] = handler
        state['begun'] = state['early'] = False
        signal.signal(signal.SIGINT, quiet)

    def serve():
        kind = field()
        state['begun'] = True
        nonce = field()
        folder = field()
        arguments = [field() for _ in range(int(field()))]
        variables = [field() for _ in range(int(field()))]
        if kind != 'RUN':
            return
        code = 1
        state['count'] += 1
        given, before = {}, None
        try:
            try:
                given, before = begin(folder, arguments, variables)
                state['busy'] = True
                signal.signal(signal.SIGINT, state['interrupt'])
                if state['early']:
                    signal.raise_signal(signal.SIGINT)
                code = execute(arguments[0])
            finally:
                if os.getpid() == owner:
                    keep_handler()
        except KeyboardInterrupt:
            code = 130
        except OSError as error:
            print(f'{error.strerror}: {error.filename}', file=sys.stderr)
        if os.getpid() != owner:  # a child that the program forked has come to the program's end
            flush()
            os._exit(code)
        keep_handler()
        end(given, before, folder)
        with lock:
            state['busy'] = False
            flush()
            channel.sendall(b'E %s %d\n' % (nonce.encode('ascii'), code))

    signal.signal(signal.SIGINT, quiet)
    channel.sendall(b'R\n')
    while True:
        serve()


_main()
