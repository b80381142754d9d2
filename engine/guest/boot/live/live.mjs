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
import { pathToFileURL } from 'node:url';
import { asScript } from './module.mjs';

const deno = globalThis.Deno;
const bun = globalThis.Bun;
const hidden = (name, value) =>
    Object.defineProperty(globalThis, name, { value, writable: true, configurable: true, enumerable: false });

// ---- init's side -----------------------------------------------------------------------------------------------

let pending = Buffer.alloc(0);
let acknowledged = null;
let queue = [];
let wake = null;
let run = null; // { resolve, showing } while a program runs

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

const flush = async () => {
    for (const stream of [process.stdout, process.stderr])
        await new Promise(resolve => (stream.writableNeedDrain ? stream.once('drain', resolve) : stream.write('', () => resolve())));
};

async function show(type, data) {
    const bytes = Buffer.from(data);
    if (!run || bytes.length > 32 << 20)
        return;
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

async function showValue(value) {
    const pieces = {};
    if (value !== null && typeof value === 'object') {
        const display = value[Symbol.for('Jupyter.display')];
        if (typeof display === 'function')
            Object.assign(pieces, await display.call(value));
        for (const [name, type] of representations) {
            if (!(type in pieces) && typeof value[name] === 'function')
                pieces[type] = await value[name]();
        }
        if (Object.keys(pieces).length === 0 && isJson(value)) {
            try {
                pieces['application/json'] = JSON.stringify(value);
            } catch { /* a circle, a BigInt: its text says what it is */ }
        }
    }
    for (const [type, data] of Object.entries(pieces)) {
        if (type === 'text/plain' || data === null || data === undefined)
            continue;
        if (typeof data === 'string' && /^image\/(png|jpeg)$/.test(type))
            await show(type, Buffer.from(data, 'base64'));
        else
            await show(type, typeof data === 'string' || ArrayBuffer.isView(data) ? data : JSON.stringify(data));
    }
    await show('text/plain', typeof pieces['text/plain'] === 'string' ? pieces['text/plain'] : util.inspect(value));
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

const wasTerminated = thrown => /Execution was terminated/.test(thrown?.message ?? '');

// Node.js and Deno have V8's own read-eval-print mode: names may be declared again, and a program has a value.
function inspectorEngine(Session) {
    const session = new Session();
    session.connect();
    const post = (method, parameters) => new Promise((resolve, reject) =>
        session.post(method, parameters, (error, result) => (error ? reject(error) : resolve(result))));
    const value = async remote => {
        if (!remote.objectId)
            return remote.unserializableValue !== undefined ? (0, eval)(remote.unserializableValue) : remote.value;
        let taken;
        hidden('__isol8_take', object => (taken = object));
        await post('Runtime.callFunctionOn', {
            objectId: remote.objectId, functionDeclaration: 'function () { __isol8_take(this); }', silent: true });
        delete globalThis.__isol8_take;
        await post('Runtime.releaseObject', { objectId: remote.objectId });
        return taken;
    };
    return async (source, file) => {
        const text = `${source}\n//# sourceURL=${file}`;
        const answer = await interruptible(() => post('Runtime.evaluate', {
            expression: text, replMode: true, awaitPromise: true, silent: true, userGesture: false,
            generatePreview: false }));
        if (answer.exceptionDetails) {
            const details = answer.exceptionDetails;
            const thrown = details.exception ? await value(details.exception) : new Error(details.text);
            if (thrown instanceof SyntaxError && !thrown.stack.includes(`${file}:`))
                thrown.isol8Place = [file, details.lineNumber + 1, details.columnNumber + 1];
            throw { thrown };
        }
        return value(answer.result);
    };
}

function bunEngine() {
    const loaders = { '.ts': 'ts', '.mts': 'ts', '.cts': 'ts', '.tsx': 'tsx', '.jsx': 'jsx' };
    return async (source, file) => {
        let script;
        try {
            const transpiler = new bun.Transpiler({ loader: loaders[path.extname(file)] ?? 'tsx', replMode: true });
            const rename = { __filename: 'globalThis.__filename', __dirname: 'globalThis.__dirname' };
            script = transpiler.transformSync(asScript(withoutJsx(source, file), { rename }));
        } catch (thrown) {
            const { message, position } = thrown.errors?.[0] ?? thrown;
            const error = new SyntaxError(message);
            error.stack = `SyntaxError: ${message}`;
            error.isol8Place = position && [file, position.line, position.column];
            throw { thrown: error };
        }
        try {
            const result = await vm.runInThisContext(script, { filename: file });
            return result?.value;
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
const between = /\b(node:inspector|node:internal|node:module|node:vm|node:diagnostics_channel|ext:|native:)|runInThisContext|new Promise \(<anonymous>\)/;

// V8 asks it for every stack: ours, and what lies between, are not the program's.
const prepareStackTrace = (error, trace) => {
    let end = trace.findIndex(site => ours.test(site.getFileName() ?? ''));
    for (end = end < 0 ? trace.length : end; end > 0 && end < trace.length && between.test(String(trace[end - 1]));)
        --end;
    return [Error.prototype.toString.call(error), ...trace.slice(0, end).map(site => `    at ${site}`)].join('\n');
};
if (!bun)
    Object.defineProperty(Error, 'prepareStackTrace', {
        value: prepareStackTrace, writable: true, configurable: true, enumerable: false });

function cutStack(error, seen = new Set()) {
    if (!(error instanceof Error) || seen.has(error))
        return;
    seen.add(error);
    const lines = String(error.stack ?? error).replaceAll('<anonymous>:', `${run?.file ?? ''}:`).split('\n');
    if (bun) // which writes the place above, in the text that it has made of the program
        lines.splice(0, Math.max(lines.findIndex(line => line.startsWith(error.name)), 0));
    try {
        error.stack = lines.filter(line => !/^\s+at |@/.test(line) || !(ours.test(line) || between.test(line))).join('\n');
    } catch { /* it is frozen */ }
    cutStack(error.cause, seen);
    for (const inner of error instanceof AggregateError ? error.errors : [])
        cutStack(inner, seen);
}

function report(error) {
    const lines = [];
    if (error instanceof Error) {
        cutStack(error);
        const place = error.isol8Place ?? (bun ? undefined : String(error.stack).match(/(\/[^\s():]+):(\d+):(\d+)/)?.slice(1));
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
    process.stderr.write(lines.join('\n') + '\n');
}

function failed(error) {
    if (error instanceof Exit || wasTerminated(error))
        return run?.resolve(error instanceof Exit ? error.code : 130);
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
        if (value instanceof Exit || wasTerminated(value) || process.listenerCount(name) === 1)
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
    if (!run)
        leave(number);
    run.resolve(number);
    throw new Exit(number);
};
process.exit = exit;
process.reallyExit = exit;
if (deno)
    deno.exit = exit;

// Loads modules as a program in /sandbox would.
async function importer() {
    const file = '/sandbox/.isol8-import.mjs';
    fs.writeFileSync(file, 'export default (specifier, options) => import(specifier, options);\n');
    try {
        const load = (await import(file)).default;
        return async (specifier, options, names = []) => {
            const module = await (options ? load(specifier, options) : load(specifier)).catch(error => {
                if (error instanceof Error && error.message.includes(file)) { // not the place that the program knows
                    const stack = String(error.stack);
                    error.message = error.message.replaceAll(file, run?.file ?? file);
                    error.stack = stack.replaceAll(file, run?.file ?? file);
                }
                throw error;
            });
            const missing = names.find(name => !(name in module));
            if (missing !== undefined)
                throw new SyntaxError(`The requested module '${specifier}' does not provide an export named '${missing}'`);
            return module;
        };
    } finally {
        fs.unlinkSync(file);
    }
}

function freshStdin() {
    let stream;
    Object.defineProperty(process, 'stdin', {
        configurable: true, enumerable: true,
        get: () => (stream ??= fs.createReadStream('', { fd: 0, autoClose: false, emitClose: false })),
    });
}

async function serve(evaluate) {
    await field();
    const word = await field();
    const folder = await field();
    const args = [];
    for (let n = Number(await field()); n > 0; --n)
        args.push(await field());
    const given = new Map();
    for (let n = Number(await field()); n > 0; --n) {
        const variable = await field();
        const equals = variable.indexOf('=');
        const name = variable.slice(0, equals);
        given.set(name, [process.env[name], variable.slice(equals + 1)]);
        process.env[name] = variable.slice(equals + 1);
    }
    const file = args[0];
    const before = process.cwd();
    const code = await new Promise(async resolve => {
        run = { resolve, file };
        listen();
        try {
            if (folder)
                process.chdir(folder);
            process.exitCode = undefined;
            process.argv.splice(1, process.argv.length, ...args);
            if (deno)
                deno.args.splice?.(0, deno.args.length, ...args.slice(1));
            if (!deno)
                freshStdin();
            if (nodeModule.createRequire) {
                const require = nodeModule.createRequire(file);
                const module = { exports: {}, id: '.', filename: file, loaded: false, children: [], paths: [] };
                hidden('require', require);
                hidden('module', module);
                hidden('exports', module.exports);
                hidden('__filename', file);
                hidden('__dirname', path.dirname(file));
            }
            const url = pathToFileURL(file).href;
            hidden('__isol8_meta', { url, filename: file, dirname: path.dirname(file), main: true, path: file,
                dir: path.dirname(file), resolve: specifier => new URL(specifier, url).href });
            const source = fs.readFileSync(file, 'utf8').replace(/^#!.*/, '');
            let text = source;
            if (!bun) {
                try {
                    text = withoutTypes(asScript(source, { checked: !/\.[mc]?tsx?$/.test(file) }), file); // in this order: an import that is not used yet stays
                } catch (thrown) {
                    throw { thrown };
                }
            }
            const value = await evaluate(text, file);
            if (value !== undefined && run)
                await showValue(value);
            resolve(Number(process.exitCode ?? 0) & 255);
        } catch (error) {
            const thrown = error && Object.hasOwn(Object(error), 'thrown') ? error.thrown : error;
            if (thrown instanceof Exit) {
                resolve(thrown.code);
            } else {
                report(thrown);
                resolve(1);
            }
        }
    });
    await flush();
    for (const [name, [old, value]] of given) {
        if (process.env[name] !== value)
            continue;
        if (old === undefined)
            delete process.env[name];
        else
            process.env[name] = old;
    }
    try {
        if (folder && process.cwd() === folder)
            process.chdir(before);
    } catch { /* it is gone */ }
    run = null;
    acknowledged = null;
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
hidden('__isol8_import', await importer());
send('R\n');
for (;;)
    await serve(evaluate);
