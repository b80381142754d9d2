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

// Where in a source there is code, and not the inside of a string, a comment or a regular expression.
function codeMask(source) {
    const mask = new Uint8Array(source.length);
    const braces = [];
    let last = '';
    const skipTo = (at, end) => {
        while (at < source.length && source[at] !== end)
            at += source[at] === '\\' ? 2 : 1;
        return at;
    };
    const template = at => {
        while (at < source.length && source[at] !== '`') {
            if (source[at] === '$' && source[at + 1] === '{') {
                braces.push('`');
                return at + 1;
            }
            at += source[at] === '\\' ? 2 : 1;
        }
        return at;
    };
    for (let at = 0; at < source.length; ++at) {
        const c = source[at];
        if (c === '/' && source[at + 1] === '/') {
            const end = source.indexOf('\n', at);
            at = end < 0 ? source.length : end;
        } else if (c === '/' && source[at + 1] === '*') {
            const end = source.indexOf('*/', at + 2);
            at = end < 0 ? source.length : end + 1;
        } else if (c === '"' || c === "'") {
            mask[at] = 1;
            at = skipTo(at + 1, c);
            last = c;
        } else if (c === '`') {
            at = template(at + 1);
            last = '`';
        } else if (c === '/' && (last === '' || /[(,=:[!&|?{};+\-*%^~<>]|^(return|typeof|case|in|of|do|else|await|void)$/.test(last))) {
            for (++at; at < source.length && source[at] !== '/' && source[at] !== '\n'; ++at) {
                if (source[at] === '\\')
                    ++at;
                else if (source[at] === '[')
                    at = skipTo(at + 1, ']');
            }
            last = '/';
        } else {
            mask[at] = 1;
            if (c === '{') {
                braces.push('{');
            } else if (c === '}' && braces.pop() === '`') {
                at = template(at + 1);
            }
            if (/[\w$]/.test(c)) {
                let end = at;
                while (end < source.length && /[\w$]/.test(source[end]))
                    mask[end++] = 1;
                last = source.slice(at, end);
                at = end - 1;
            } else if (!/\s/.test(c)) {
                last = c;
            }
        }
    }
    return mask;
}

function importAsDeclaration(clause, specifier, attributes) {
    const call = `await __isol8_import(${specifier}${attributes ? `, { with: ${attributes} }` : ''})`;
    if (!clause)
        return `${call}; void 0;`;
    let names = clause.trim();
    if (/^type\s+[^,]/.test(names) && !/^type\s+from$/.test(names))
        return '';
    const space = names.match(/\*\s*as\s+([\w$]+)/);
    const parts = [];
    const braces = names.match(/\{([\s\S]*)\}/);
    const first = names.match(/^([\w$]+)/);
    if (first)
        parts.push(`default: ${first[1]}`);
    if (braces) {
        for (const item of braces[1].split(',').map(item => item.trim()).filter(item => item && !/^type\s/.test(item)))
            parts.push(item.replace(/\s+as\s+/, ': '));
    }
    if (!space)
        return `const { ${parts.join(', ')} } = ${call};`;
    return `const ${space[1]} = ${call};${first ? ` const ${first[1]} = ${space[1]}.default;` : ''}`;
}

// What only a module may hold, for a script: line by line the same.
function asScript(source) {
    const mask = codeMask(source);
    const replace = (text, pattern, by) => text.replace(pattern, (...match) => {
        const at = match.find(item => typeof item === 'number');
        const lead = match[0].length - match[0].trimStart().length;
        if (!mask[at + lead])
            return match[0];
        const made = by(...match);
        if (made === match[0])
            return made;
        const lines = match[0].split('\n').length - made.split('\n').length;
        return made + '\n'.repeat(Math.max(lines, 0));
    });
    // One after the other on the same length: each leaves the others' places as they are, so the mask is made anew.
    let text = replace(source, /(^|[;\n])([ \t]*)import\s*(?:([\w$*{][^'"();]*?)\s*from\s*)?(["'])((?:(?!\4).)+)\4(?:\s*with\s*(\{[^}]*\}))?[ \t]*;?/g,
        (all, before, space, clause, quote, specifier, attributes) =>
            before + space + importAsDeclaration(clause, quote + specifier + quote, attributes));
    return withoutMeta(withoutExports(text));
}

function withoutExports(text) {
    text = substitute(text, /(^|[;\n])([ \t]*)export\s+default\s+/g, '$1$2');
    text = substitute(text, /(^|[;\n])([ \t]*)export\s+(?=(const|let|var|function|class|async|enum|abstract)\b)/g, '$1$2');
    return substitute(text, /(^|[;\n])([ \t]*)export\s*\{[^}]*\}[ \t]*;?/g, '$1$2');
}

function withoutMeta(text) {
    text = substitute(text, /\bimport\.meta\b/g, '__isol8_meta');
    return substitute(text, /\bimport\s*\(/g, '__isol8_import(');
}

function substitute(text, pattern, by) {
    const mask = codeMask(text);
    return text.replace(pattern, (...match) => {
        const at = match.find(item => typeof item === 'number');
        const lead = match[0].length - match[0].replace(/^[;\s]+/, '').length;
        return mask[at + lead] ? by.replace(/\$(\d)/g, (_, n) => match[n] ?? '') : match[0];
    });
}

class Exit {
    constructor(code) {
        this.code = code;
    }
}

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
        const answer = await post('Runtime.evaluate', {
            expression: text, replMode: true, awaitPromise: true, silent: true, userGesture: false,
            generatePreview: false });
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
            const text = substitute(withoutExports(source), /\b(__filename|__dirname)\b/g, 'globalThis.$1');
            script = withoutMeta(transpiler.transformSync(text));
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

function report(error) {
    const lines = [];
    if (error instanceof Error) {
        const stack = String(error.stack ?? error).replaceAll('<anonymous>:', `${run?.file ?? ''}:`).split('\n').filter(line => !line.includes(import.meta.filename) &&
            !line.includes('/.isol8/boot/') && !/^\s+at (new Promise \(<anonymous>\)|.*(node:inspector|node:internal|node:module|ext:|runInThisContext|native:))/.test(line));
        const place = error.isol8Place ?? (bun ? undefined : stack.join('\n').match(/(\/[^\s():]+):(\d+):(\d+)/)?.slice(1));
        delete error.isol8Place;
        if (place) {
            try {
                const source = fs.readFileSync(place[0], 'utf8').split('\n')[place[1] - 1];
                if (source !== undefined)
                    lines.push(`${place[0]}:${place[1]}`, source, ' '.repeat(Math.max(place[2] - 1, 0)) + '^', '');
            } catch { /* the place is no file */ }
        }
        error.stack = stack.join('\n');
    }
    lines.push(`Uncaught ${bun && error instanceof Error ? error.stack : util.inspect(error)}`);
    process.stderr.write(lines.join('\n') + '\n');
}

function failed(error) {
    if (error instanceof Exit)
        return run?.resolve(error.code);
    report(error);
    run?.resolve(1);
}

process.on('uncaughtException', failed);
process.on('unhandledRejection', failed);
process.on('SIGINT', () => {
    if (run && process.listenerCount('SIGINT') === 1)
        run.resolve(130);
});

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
        return (await import(file)).default;
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
                    text = withoutTypes(asScript(source), file); // in this order: an import that is not used yet stays
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
    send(`E ${code}\n`);
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
