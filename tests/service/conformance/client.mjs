// SPDX-License-Identifier: GPL-3.0-or-later
// How a client of the service speaks: undici for HTTP, ws for WebSockets.
//
//   ISOL8_URL      http://127.0.0.1:3000; or
//   ISOL8_SOCKET   the path of a Unix socket
//   ISOL8_KEY      the master key, where the service wants one
import assert from 'node:assert/strict';
import { Agent, request } from 'undici';
import WebSocket from 'ws';

const socketPath = process.env.ISOL8_SOCKET;
export const base = process.env.ISOL8_URL ?? 'http://isol8';
export const key = process.env.ISOL8_KEY;
const dispatcher = new Agent(socketPath ? { connect: { socketPath } } : {});

const withKey = (headers, bearer) => (bearer ? { ...headers, authorization: `Bearer ${bearer}` } : headers);

/** One request; `json` is sent as such, the answer's body comes as bytes, and parsed where it says that it is JSON. */
export async function call(method, path, { json, body, headers = {}, bearer = key, signal } = {}) {
    const answer = await request(base + path, {
        dispatcher, method, signal,
        body: json === undefined ? body : JSON.stringify(json),
        headers: withKey(json === undefined ? headers : { ...headers, 'content-type': 'application/json' }, bearer),
    });
    const bytes = Buffer.from(await answer.body.arrayBuffer());
    const isJson = String(answer.headers['content-type']).startsWith('application/json');
    return { status: answer.statusCode, headers: answer.headers, bytes, json: isJson && bytes.length ? JSON.parse(bytes) : undefined };
}

/** A stream of server-sent events: yields them, and "heartbeat" for comments. */
export async function* events(method, path, json, { signal, heartbeats = false } = {}) {
    const answer = await request(base + path, {
        dispatcher, method, signal,
        body: JSON.stringify(json),
        headers: withKey({ 'content-type': 'application/json' }, key),
    });
    assert.equal(answer.statusCode, 200, `status ${answer.statusCode}`);
    assert.match(String(answer.headers['content-type']), /^text\/event-stream/);
    let text = '';
    for await (const part of answer.body) {
        text += part.toString('utf8');
        for (let end; (end = text.indexOf('\n\n')) >= 0; text = text.slice(end + 2)) {
            const block = text.slice(0, end);
            if (block.startsWith('data: '))
                yield JSON.parse(block.slice(6));
            else if (heartbeats && block.startsWith(':'))
                yield { type: 'heartbeat' };
        }
    }
    assert.equal(text, '', 'the stream ends behind an event');
}

/** A WebSocket that keeps what comes: text as JSON in `events`, binary joined in `bytes`. */
export class Socket {
    constructor(path, { bearer = key } = {}) {
        const address = socketPath ? `ws+unix:${socketPath}:${path}` : base.replace(/^http/, 'ws') + path;
        this.events = [];
        this.bytes = Buffer.alloc(0);
        this.socket = new WebSocket(address, { headers: withKey({}, bearer) });
        this.waiting = new Set();
        const changed = () => this.waiting.forEach((look) => look());
        this.socket.on('message', (data, isBinary) => {
            if (isBinary)
                this.bytes = Buffer.concat([this.bytes, data]);
            else
                this.events.push(JSON.parse(data.toString('utf8')));
            changed();
        });
        this.socket.on('unexpected-response', (_, answer) => { this.status = answer.statusCode; answer.resume(); changed(); });
        this.socket.on('open', () => { this.status = 101; changed(); });
        this.socket.on('close', (code) => { this.code = code; changed(); });
        this.socket.on('error', () => changed());
    }
    send(message) { this.socket.send(typeof message === 'string' || Buffer.isBuffer(message) ? message : JSON.stringify(message)); }
    /** Until `what` is true of it. */
    until(what, name) {
        return new Promise((resolve, reject) => {
            const timer = setTimeout(() => {
                this.waiting.delete(look);
                reject(new Error(`${name} did not come; there was ${JSON.stringify(this.events)} ${JSON.stringify(this.bytes.toString())}`));
            }, 60000);
            const look = () => {
                if (!what(this))
                    return;
                clearTimeout(timer);
                this.waiting.delete(look);
                resolve(this);
            };
            this.waiting.add(look);
            look();
        });
    }
    opened() { return this.until((s) => s.status !== undefined, 'an answer to the handshake'); }
    closed() { return this.until((s) => s.code !== undefined, 'the close'); }
    text(type = 'stdout') { return this.events.filter((e) => e.type === type).map((e) => e.data).join(''); }
}

/** Types of members: "string", "number", "boolean", "array", "object", "time" (ISO 8601), "null", and "|" between several. */
export function has(object, types) {
    assert.equal(typeof object, 'object');
    for (const [name, wanted] of Object.entries(types)) {
        const value = object[name];
        const kinds = [value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value];
        if (typeof value === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)$/.test(value))
            kinds.push('time');
        assert.ok(wanted.split('|').some((kind) => kinds.includes(kind)), `${name} is ${JSON.stringify(value)}, not ${wanted}`);
    }
}

export function isError(answer, status, code) {
    assert.equal(answer.status, status, `status ${answer.status}: ${answer.bytes}`);
    has(answer.json, { error: 'string', code: 'string' });
    if (code)
        assert.equal(answer.json.code, code);
}

export function isOk(answer) {
    assert.equal(answer.status, 200, `status ${answer.status}: ${answer.bytes}`);
    assert.equal(answer.json.ok, true);
}

const rows = [];
/** A row of the table. One that returns a text was skipped, for that reason. */
export function row(name, check) { rows.push({ name, check }); }
export const needsKey = (check) => () => (key ? check() : 'it needs a key; give ISOL8_KEY');

export async function runAll() {
    const only = process.argv.slice(2);
    let failed = 0;
    for (const { name, check } of rows) {
        if (only.length && !only.some((part) => name.includes(part)))
            continue;
        try {
            const skipped = await check();
            console.log(typeof skipped === 'string' ? `skip ${name}: ${skipped}` : `ok ${name}`);
        } catch (error) {
            ++failed;
            console.log(`fail ${name}: ${String(error.message).replaceAll('\n', ' ')}`);
            console.error(error);
        }
    }
    await dispatcher.destroy();
    process.exitCode = failed ? 1 : 0;
}
