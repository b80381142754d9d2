// SPDX-License-Identifier: GPL-3.0-or-later
// The JavaScript of a session, for Node.js, Deno and Bun: one program after the other in one global scope, with
// top-level `await`. init/Live.h says how it and init speak.
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import process from 'node:process';
import util from 'node:util';
import vm from 'node:vm';
import * as nodeModule from 'node:module';
import { Writable } from 'node:stream';
import { setImmediate } from 'node:timers';
import { pathToFileURL } from 'node:url';
import { asScript, lineMap } from './module.mjs';

// A program may replace what it finds in the global scope.
const { AggregateError, Array, ArrayBuffer, Atomics, Boolean, Buffer, Error, Int32Array, JSON, Map, Math, Number, Object,
    Promise, Reflect, Set, SharedArrayBuffer, String, Symbol, SyntaxError, URL, Uint8Array, console } = globalThis;
const deno = globalThis.Deno;
const bun = globalThis.Bun;
const largest = 8 << 20; // of a value; of one that is larger the host says so
const hidden = (name, value) =>
    Object.defineProperty(globalThis, name, { value, writable: true, configurable: true, enumerable: false });

// ---- init's side -----------------------------------------------------------------------------------------------

let pending = Buffer.alloc(0);
let acknowledged = null;
let queue = [];
let wake = null;
let run = null; // { resolve } while a program runs
let programFile = ''; // of that, or of the last one

const onData = data => {
    data = Buffer.from(data);
    if (acknowledged) {
        const done = acknowledged;
        acknowledged = null;
        data = data.subarray(1);
        done();
    }
    if (data.length === 0)
        return;
    pending = Buffer.concat([pending, data]);
    for (let at; (at = pending.indexOf(0)) >= 0; pending = pending.subarray(at + 1))
        queue.push(pending.subarray(0, at).toString());
    wake?.();
};

let send;
if (bun) { // its net.Socket takes no descriptor
    let unsent = Buffer.alloc(0);
    const pump = socket => (unsent = unsent.subarray(Math.max(socket.write(unsent), 0)));
    const socket = await bun.connect({ fd: 3, socket: {
        data: (_, data) => onData(data), drain: pump, close: () => leave(0), end: () => leave(0), error: () => leave(0) } });
    send = data => {
        unsent = Buffer.concat([unsent, Buffer.from(data)]);
        pump(socket);
    };
} else {
    const channel = new net.Socket({ fd: 3, readable: true, writable: true });
    channel.on('data', onData);
    channel.on('end', () => leave(0));
    channel.on('error', () => leave(0));
    send = data => channel.write(data);
}

const realExit = deno ? deno.exit.bind(deno) : process.reallyExit?.bind(process) ?? process.exit.bind(process);
function leave(code) {
    realExit(code);
}

async function field() {
    while (queue.length === 0)
        await new Promise(resolve => (wake = resolve));
    wake = null;
    return queue.shift();
}

// ---- output ----------------------------------------------------------------------------------------------------

// Of standard output, or error, in the place of one that a program has ended; and in Bun's, which does not tell when it
// has written all.
class Output extends Writable {
    constructor(fd) {
        super({ decodeStrings: true, emitClose: false });
        this.fd = fd;
        this._type = 'pipe';
        this._isStdio = true;
    }

    _write(chunk, encoding, done) {
        try {
            for (let at = 0; at < chunk.length;)
                at += this.writeSome(chunk, at);
            done();
        } catch (error) {
            done(error);
        }
    }

    writeSome(chunk, at) {
        try {
            return fs.writeSync(this.fd, chunk, at);
        } catch (error) {
            if (error.code !== 'EAGAIN')
                throw error;
            Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
            return 0;
        }
    }

    _destroy(error, done) {
        done(error); // the descriptor stays
    }
}

const identity = ({ fd, denos }) => {
    try {
        denos?.writeSync(new Uint8Array(0)); // which a program can close, although the descriptor is there
        const { dev, ino } = fs.fstatSync(fd);
        return `${dev} ${ino}`;
    } catch {
        return 'closed';
    }
};

// Node.js makes a standard stream that was ended look as if it could be written to.
function watch(output, stream) {
    output.stream = stream;
    output.write = stream.write;
    output.ended = false;
    for (const event of ['finish', 'close'])
        stream.once(event, () => (output.ended ||= output.stream === stream));
}

function place(output, stream) {
    watch(output, stream);
    Object.defineProperty(process, output.name, { configurable: true, enumerable: true, get: () => stream });
    if (console && !bun && !deno)
        console[`_${output.name}`] = stream;
}

const outputs = [{ fd: 1, name: 'stdout', denos: deno?.stdout }, { fd: 2, name: 'stderr', denos: deno?.stderr }];
for (const output of outputs) {
    output.identity = identity(output);
    if (bun)
        place(output, new Output(output.fd));
    else
        watch(output, process[output.name]);
}

const isOver = ({ stream, ended }) => ended || stream.destroyed || stream.writableEnded || stream.errored;

// What a program has ended is there again. False when its descriptor is not what it was.
function putBack() {
    for (const output of outputs) {
        if (isOver(output))
            place(output, new Output(output.fd));
    }
    return outputs.every(output => identity(output) === output.identity);
}

const written = output => new Promise(resolve => {
    const { stream, write } = output;
    if (isOver(output))
        return resolve();
    stream.once('close', resolve);
    const done = () => (stream.removeListener('close', resolve), resolve());
    try {
        if (stream.writableNeedDrain)
            stream.once('drain', done);
        else
            Reflect.apply(write, stream, ['', done]);
    } catch {
        done();
    }
});

// Not by what a program has made of them: it may gather what is written there.
const flush = async () => {
    for (const output of outputs)
        await written(output);
};

async function show(type, data) {
    let bytes = Buffer.from(data);
    if (!run)
        return;
    if (bytes.length > largest)
        bytes = bytes.subarray(0, largest + 1);
    await flush();
    await new Promise(resolve => {
        acknowledged = resolve;
        send(Buffer.concat([Buffer.from(`D ${bytes.length} ${type}\n`), bytes]));
    });
}

const representations = [
    ['_repr_html_', 'text/html'], ['_repr_markdown_', 'text/markdown'], ['_repr_svg_', 'image/svg+xml'],
    ['_repr_png_', 'image/png'], ['_repr_jpeg_', 'image/jpeg'], ['_repr_json_', 'application/json'],
];

function isJson(value) {
    if (value === null || typeof value !== 'object' || ArrayBuffer.isView(value))
        return false;
    const base = Object.getPrototypeOf(value);
    return Array.isArray(value) || base === null || Object.getPrototypeOf(base) === null;
}

// Undefined where it fails, which is told and ends nothing else.
async function attempt(function_) {
    try {
        return await function_();
    } catch (error) {
        report(error);
    }
}

async function showValue(value) {
    const pieces = {};
    if (value !== null && typeof value === 'object' && !util.types.isProxy(value)) { // which has whatever is asked for
        await attempt(async () => {
            const display = value[Symbol.for('Jupyter.display')];
            if (typeof display === 'function')
                Object.assign(pieces, await display.call(value));
        });
        for (const [name, type] of representations) {
            await attempt(async () => {
                if (!(type in pieces) && typeof value[name] === 'function')
                    pieces[type] = await value[name]();
            });
        }
        if (Object.keys(pieces).length === 0) {
            try {
                if (isJson(value))
                    pieces['application/json'] = JSON.stringify(value);
            } catch { /* a circle, a BigInt: its text says what it is */ }
        }
    }
    for (const [type, data] of Object.entries(pieces)) {
        if (type === 'text/plain' || data === null || data === undefined || !/^[!-~]+\/[!-~]+$/.test(type) || type.length > 100)
            continue;
        const content = await attempt(() =>
            typeof data === 'string' && /^image\/(png|jpeg)$/.test(type) ? Buffer.from(data, 'base64')
                : typeof data === 'string' || ArrayBuffer.isView(data) ? data : JSON.stringify(data));
        if (content !== undefined)
            await show(type, content);
    }
    const text = typeof pieces['text/plain'] === 'string' ? pieces['text/plain'] : await attempt(() => util.inspect(value));
    await show('text/plain', text ?? `[${typeof value}]`);
}

// ---- programs --------------------------------------------------------------------------------------------------

class Exit {
    constructor(code) {
        this.code = code;
    }
}

// Runs `start`, and lets SIGINT end what it does before it returns. Node.js would put its listeners of SIGINT aside for
// that time, and with them what the program does to them; so they are hidden from it, and renewed afterwards. A program
// with a handler of its own wants that to be called.
function interruptible(start) {
    if (process.listenerCount('SIGINT') > 1)
        return start();
    let started;
    hidden('__isol8_start', () => {
        delete globalThis.__isol8_start;
        delete process.listenerCount;
        started = start();
    });
    Object.defineProperty(process, 'listenerCount', { configurable: true, enumerable: false, value: () => 0 });
    try {
        vm.runInThisContext('__isol8_start()', { filename: import.meta.filename, breakOnSigint: true });
    } catch (thrown) {
        started?.catch(() => {});
        if (thrown?.code !== 'ERR_SCRIPT_EXECUTION_INTERRUPTED' && !wasTerminated(thrown))
            throw thrown;
        throw { thrown: new Exit(130) };
    } finally {
        const listeners = process.rawListeners('SIGINT');
        process.removeAllListeners('SIGINT');
        for (const listener of listeners)
            process.on('SIGINT', listener);
        listen();
    }
    return started.catch(thrown => {
        throw wasTerminated(thrown) ? { thrown: new Exit(130) } : thrown;
    });
}

const wasTerminated = thrown => {
    try {
        return /Execution was terminated/.test(thrown?.message ?? '');
    } catch {
        return false;
    }
};

// Node.js and Deno have V8's own read-eval-print mode: names may be declared again, and a program has a value.
function inspectorEngine(Session) {
    const session = new Session();
    session.connect();
    const post = (method, parameters) => new Promise((resolve, reject) =>
        session.post(method, parameters, (error, result) => (error ? reject(error) : resolve(result))));
    const value = async remote => {
        if (!remote.objectId)
            return { value: remote.unserializableValue !== undefined ? (0, eval)(remote.unserializableValue) : remote.value };
        let taken;
        hidden('__isol8_take', object => (taken = object));
        await post('Runtime.callFunctionOn', {
            objectId: remote.objectId, functionDeclaration: 'function () { __isol8_take(this); }', silent: true });
        delete globalThis.__isol8_take;
        await post('Runtime.releaseObject', { objectId: remote.objectId });
        return { value: taken }; // which may be anything: it must not be awaited
    };
    return async (source, file) => {
        const text = `${source}\n//# sourceURL=${file}`;
        const answer = await interruptible(() => post('Runtime.evaluate', {
            expression: text, replMode: true, awaitPromise: true, silent: true, userGesture: false,
            generatePreview: false }));
        if (answer.exceptionDetails) {
            const details = answer.exceptionDetails;
            const thrown = details.exception ? (await value(details.exception)).value : new Error(details.text);
            if (thrown instanceof SyntaxError && !thrown.stack.includes(`${file}:`))
                thrown.isol8Place = [file, details.lineNumber + 1, details.columnNumber + 1];
            throw { thrown };
        }
        return value(answer.result);
    };
}

// What Bun makes of a program has other lines: each file's last program, so that places in it can be told.
const bunScripts = new Map();

function sourcePlace(file, line, column) {
    const known = bunScripts.get(file);
    if (!known)
        return null;
    known.map ??= lineMap(known.source, known.script);
    return known.map(line, column);
}

function bunEngine() {
    const loaders = { '.ts': 'ts', '.mts': 'ts', '.cts': 'ts', '.tsx': 'tsx', '.jsx': 'jsx' };
    return async (source, file) => {
        let script;
        bunScripts.delete(file);
        try {
            const transpiler = new bun.Transpiler({ loader: loaders[path.extname(file)] ?? 'tsx', replMode: true });
            const rename = { __filename: 'globalThis.__filename', __dirname: 'globalThis.__dirname' };
            script = transpiler.transformSync(asScript(withoutJsx(source, file), { rename, names: namesOf(file) }));
        } catch (thrown) {
            const { message, position } = thrown.errors?.[0] ?? thrown;
            const error = new SyntaxError(message);
            error.stack = `SyntaxError: ${message}`;
            error.isol8Place = position && [file, position.line, position.column];
            throw { thrown: error };
        }
        bunScripts.set(file, { source, script, map: null });
        try {
            return { value: (await vm.runInThisContext(script, { filename: file }))?.value };
        } catch (thrown) {
            throw { thrown };
        }
    };
}

// As far as a module's text is to be read, which JSX is no part of.
function withoutJsx(source, file) {
    if (!/\.(tsx|jsx)$/.test(file) || !/\b(export|__filename|__dirname)\b/.test(source))
        return source;
    return new bun.Transpiler({ loader: 'tsx', deadCodeElimination: false, tsconfig: {
        compilerOptions: { verbatimModuleSyntax: true } } }).transformSync(source);
}

function withoutTypes(source, file) {
    if (!/\.[mc]?tsx?$/.test(file))
        return source;
    const strip = nodeModule.stripTypeScriptTypes;
    try {
        return strip(source, { mode: 'strip' });
    } catch {
        return strip(source, { mode: 'transform' });
    }
}

// ---- how errors look -------------------------------------------------------------------------------------------

const ours = /\/\.isol8\/boot\/|\.isol8-import\.mjs/;
const between = /\b(node:inspector|node:internal|node:module|node:vm|node:diagnostics_channel|ext:|native:)|runInThisContext|Promise \((<anonymous>|native)\)/;

// V8 asks it for every stack: ours, and what lies between, are not the program's.
const prepareStackTrace = (error, trace) => {
    let end = trace.findIndex(site => ours.test(site.getFileName() ?? ''));
    for (end = end < 0 ? trace.length : end; end > 0 && end < trace.length && between.test(String(trace[end - 1]));)
        --end;
    return [Error.prototype.toString.call(error), ...trace.slice(0, end).map(site => `    at ${site}`)].join('\n');
};
let ownPartShown = false;
function showOwnPart() {
    if (bun || (ownPartShown && Error.prepareStackTrace !== undefined)) // a program has its own
        return;
    ownPartShown = true;
    Object.defineProperty(Error, 'prepareStackTrace', {
        value: prepareStackTrace, writable: true, configurable: true, enumerable: false });
}

// Empty for what Bun puts around a program.
function toSource(line) {
    const [text, file, at, column] = line.match(/(\/[^\s():]+):(\d+):(\d+)/) ?? [];
    if (!bunScripts.has(file))
        return [line];
    const place = sourcePlace(file, Number(at), Number(column));
    return place ? [line.replace(text, `${file}:${place[0]}:${place[1]}`)] : [];
}

function cutStack(error, seen = new Set()) {
    if (!(error instanceof Error) || seen.has(error))
        return;
    seen.add(error);
    let lines = String(error.stack ?? error).replaceAll('<anonymous>:', `${programFile}:`).split('\n');
    if (bun) { // which writes the place above, in the text that it has made of the program
        lines.splice(0, Math.max(lines.findIndex(line => line.startsWith(error.name)), 0));
        lines = lines.flatMap(line => (/^\s+at /.test(line) ? toSource(line) : [line]));
    }
    lines = lines.filter(line => !/^\s+at |@/.test(line) || !(ours.test(line) || between.test(line)));
    try {
        error.stack = lines.join('\n');
    } catch { /* it is frozen */ }
    cutStack(error.cause, seen);
    for (const inner of error instanceof AggregateError ? error.errors : [])
        cutStack(inner, seen);
}

function describe(error) {
    const lines = [];
    if (error instanceof Error) {
        cutStack(error);
        const place = error.isol8Place ?? String(error.stack).match(/(\/[^\s():]+):(\d+):(\d+)/)?.slice(1);
        delete error.isol8Place;
        if (place) {
            try {
                const source = fs.readFileSync(place[0], 'utf8').split('\n')[place[1] - 1];
                if (source !== undefined)
                    lines.push(`${place[0]}:${place[1]}`, source, ' '.repeat(Math.max(place[2] - 1, 0)) + '^', '');
            } catch { /* the place is no file */ }
        }
    }
    const causes = [];
    for (let cause = error; bun && cause instanceof Error && causes.length < 8; cause = cause.cause)
        causes.push(String(cause.stack));
    const text = causes.length > 0 ? causes.join('\n[cause]: ') : util.inspect(error);
    lines.push(`Uncaught ${text.replace(/^\[(SyntaxError: [^]*)\]$/, '$1')}`);
    return lines.join('\n');
}

// Whatever was thrown, and whatever a program has made of what shows it.
function report(error) {
    let text;
    try {
        text = describe(error);
    } catch {
        text = 'Uncaught: what was thrown cannot be shown';
    }
    try {
        const { stream, write } = outputs[1];
        if (isOver(outputs[1]))
            fs.writeSync(2, `${text}\n`);
        else if (process.stderr === stream)
            process.stderr.write(`${text}\n`);
        else
            Reflect.apply(write, stream, [`${text}\n`]);
    } catch { /* it is closed */ }
}

const isExit = error => {
    try {
        return error instanceof Exit;
    } catch {
        return false;
    }
};

function failed(error) {
    if (isExit(error) || wasTerminated(error))
        return run?.resolve(isExit(error) ? error.code : 130);
    report(error);
    run?.resolve(1);
}

// A program's own handler has the say, in later runs, too; and ours are there again should it remove all.
const handlers = {
    uncaughtException: failed,
    unhandledRejection: failed,
    SIGINT: () => run?.resolve(130),
};
for (const [name, handler] of Object.entries(handlers)) {
    handlers[name] = value => {
        if (isExit(value) || wasTerminated(value) || process.listenerCount(name) === 1)
            handler(value);
    };
}
function listen() {
    for (const [name, handler] of Object.entries(handlers)) {
        if (!process.listeners(name).includes(handler))
            process.on(name, handler);
    }
}
listen();

const exit = code => {
    const number = Number(code ?? process.exitCode ?? 0) & 255;
    run?.resolve(number); // between programs it ends only what calls it
    throw new Exit(number);
};
process.exit = exit;
process.reallyExit = exit;
if (deno)
    deno.exit = exit;

// import() as it is in a module of that folder.
const importers = new Map();
function importer(folder) {
    let made = importers.get(folder);
    if (!made)
        importers.set(folder, made = makeImporter(folder));
    return made;
}

async function makeImporter(folder) {
    const file = path.join(folder, '.isol8-import.mjs');
    fs.writeFileSync(file, 'export default (specifier, options) => import(specifier, options);\n');
    try {
        return { file, imports: (await import(pathToFileURL(file).href)).default };
    } finally {
        fs.unlinkSync(file);
    }
}

// Where nothing can be made in a program's folder, packages are those that /sandbox has.
async function importFrom(program, specifier, options) {
    const folder = path.dirname(program);
    const known = await importer(folder).catch(() => importer('/sandbox'));
    const { file, imports } = known;
    if (path.dirname(file) !== folder && /^\.{0,2}\//.test(specifier))
        specifier = new URL(specifier, pathToFileURL(program)).href;
    try {
        return await (options ? imports(specifier, options) : imports(specifier));
    } catch (error) {
        if (error instanceof Error && error.message.includes(file)) { // not the place that the program knows
            const stack = String(error.stack);
            error.message = error.message.replaceAll(file, program);
            error.stack = stack.replaceAll(file, program);
        }
        throw error;
    }
}

// Each program's own import() and import.meta, by the names that they have in its text: functions call them later, too.
const programs = new Map();
function namesOf(file) {
    let names = programs.get(file);
    if (!names) {
        const number = programs.size || '';
        programs.set(file, names = { load: `__isol8_import${number}`, meta: `__isol8_meta${number}` });
    }
    return names;
}

const loadFor = program => async (specifier, options, names = []) => {
    const module = await importFrom(program, specifier, options);
    const missing = names.find(name => !(name in module));
    if (missing !== undefined)
        throw new SyntaxError(`The requested module '${specifier}' does not provide an export named '${missing}'`);
    return module;
};

// What a program that is no module calls its own.
function giveModule(file) {
    const require = nodeModule.createRequire(file);
    const folder = path.dirname(file);
    const { Module } = nodeModule;
    const module = typeof Module === 'function' ? new Module(file) : { exports: {}, children: [] };
    Object.assign(module, { id: '.', path: folder, filename: file, loaded: false,
        paths: Module?._nodeModulePaths?.(folder) ?? [] });
    if (bun || !/\.m[jt]s$/.test(file)) {
        for (const [owner, name] of [[require, 'main'], [process, 'mainModule']])
            Object.defineProperty(owner, name, { value: module, writable: true, configurable: true, enumerable: true });
    }
    hidden('require', require);
    hidden('module', module);
    hidden('exports', module.exports);
    hidden('__filename', file);
    hidden('__dirname', folder);
}

function freshStdin() {
    let stream;
    Object.defineProperty(process, 'stdin', {
        configurable: true, enumerable: true,
        get: () => (stream ??= fs.createReadStream('', { fd: 0, autoClose: false, emitClose: false })),
    });
}

function currentFolder() {
    try {
        return process.cwd();
    } catch { // it was removed
        return null;
    }
}

// What is the program's alone goes into `given`, so that end() takes it back however far this has come.
function begin({ folder, args, variables }, given) {
    for (const [name, value] of variables) {
        given.set(name, [process.env[name], value]);
        process.env[name] = value;
    }
    if (folder)
        process.chdir(folder);
    process.exitCode = undefined;
    process.argv.splice(1, process.argv.length, ...args);
    if (deno)
        deno.args.splice?.(0, deno.args.length, ...args.slice(1));
    if (!deno)
        freshStdin();
    const file = args[0];
    giveModule(file);
    const names = namesOf(file);
    hidden(names.load, loadFor(file));
    showOwnPart();
    const url = pathToFileURL(file).href;
    hidden(names.meta, { url, filename: file, dirname: path.dirname(file), main: true, path: file,
        dir: path.dirname(file), resolve: specifier => new URL(specifier, url).href });
}

function end({ folder }, given, before) {
    for (const [name, [old, value]] of given) {
        if (process.env[name] !== value)
            continue;
        if (old === undefined)
            delete process.env[name];
        else
            process.env[name] = old;
    }
    const now = currentFolder();
    if (!folder || (now !== null && now !== folder))
        return;
    for (const target of [before, '/sandbox']) {
        try {
            if (target !== null)
                return process.chdir(target);
        } catch { /* it is gone, too */ }
    }
}

// { value } of its last expression.
async function execute(file) {
    let text = fs.readFileSync(file, 'utf8').replace(/^#!.*/, '');
    if (!bun) {
        try {
            text = withoutTypes(asScript(text, { checked: !/\.[mc]?tsx?$/.test(file), names: namesOf(file) }), file); // in this order: an import that is not used yet stays
        } catch (thrown) {
            throw { thrown };
        }
    }
    return evaluate(text, file);
}

async function runProgram(file, resolve) {
    try {
        const { value } = await execute(file);
        if (value !== undefined && run)
            await showValue(value);
        if (bun || deno) // which tell of a rejection that nobody takes when all else has had its turn
            await new Promise(setImmediate);
        resolve(Number(process.exitCode ?? 0) & 255);
    } catch (error) {
        const thrown = error && Object.hasOwn(Object(error), 'thrown') ? error.thrown : error;
        if (!isExit(thrown))
            report(thrown);
        resolve(isExit(thrown) ? thrown.code : 1);
    }
}

async function serve() {
    await field();
    const word = await field();
    const asked = { folder: await field(), args: [], variables: [] };
    for (let n = Number(await field()); n > 0; --n)
        asked.args.push(await field());
    for (let n = Number(await field()); n > 0; --n) {
        const variable = await field();
        const equals = variable.indexOf('=');
        asked.variables.push([variable.slice(0, equals), variable.slice(equals + 1)]);
    }
    const given = new Map();
    const before = currentFolder();
    let sound = true;
    const code = await new Promise(resolve => {
        run = { resolve };
        programFile = asked.args[0];
        let failure;
        try {
            listen();
            begin(asked, given);
        } catch (error) {
            failure = error;
        }
        send(`B ${word}\n`);
        if (failure) {
            sound = Boolean(failure.code); // the folder's, not a program's that has broken what is needed here
            report(failure);
            resolve(1);
        } else {
            runProgram(programFile, resolve);
        }
    });
    end(asked, given, before);
    sound = putBack() && sound;
    await flush();
    run = null;
    acknowledged = null;
    if (!sound) // it cannot be heard any more; the next program gets another interpreter
        leave(code);
    send(`E ${word} ${code}\n`);
}
let evaluate;
if (bun) {
    evaluate = bunEngine();
} else {
    evaluate = inspectorEngine((await import('node:inspector')).Session);
    if (deno)
        deno.permissions.revokeSync({ name: 'sys' });
}
await importer('/sandbox');
send('R\n');
for (;;) {
    try {
        await serve();
    } catch (error) {
        report(error);
        leave(1);
    }
}
