// SPDX-License-Identifier: GPL-3.0-or-later
// A client that knows only the table of the specification's section 9: each row of it, with its types and status codes.
//
//   npm ci && ISOL8_SOCKET=$XDG_RUNTIME_DIR/isol8/engine.sock node conformance.mjs [part of a row's name…]
//
// client.mjs says how a service is named. With ISOL8_CLEANUP_IMAGES=1 /cleanup removes the images that nobody uses, too.
import assert from 'node:assert/strict';
import { call, events, has, isError, isOk, key, needsKey, row, runAll, Socket } from './client.mjs';

const id = `conformance-${process.pid}`;
const python = (code, options = {}, request = {}) => ({ request: { code, runtime: 'python', ...request }, options });
const inSession = (cmd, sessionId = id) => call('POST', '/execute', { json: { request: { cmd, runtime: 'bash' }, sessionId } });
const open = (sessionId = id) => inSession('true', sessionId);

row('GET /health', async () => {
    const answer = await call('GET', '/health', { bearer: null });
    assert.equal(answer.status, 200);
    assert.equal(answer.json.status, 'ok');
    has(answer.json, { version: 'string', docker: 'object', images: 'object' });
});

row('authorization', needsKey(async () => {
    for (const path of ['/sessions', '/runs', '/sandboxes', '/images']) {
        isError(await call('GET', path, { bearer: null }), 401);
        isError(await call('GET', path, { bearer: 'isol8_wrong' }), 403);
    }
    isError(await call('POST', '/execute', { json: python('1'), bearer: null }), 401);
    isError(await call('POST', '/execute', { json: python('1'), bearer: key + 'x' }), 403);
}));

row('POST /execute', async () => {
    const answer = await call('POST', '/execute', { json: python("import sys; print('höllo'); print('e', file=sys.stderr)") });
    assert.equal(answer.status, 200);
    has(answer.json, {
        stdout: 'string', stderr: 'string', exitCode: 'number', durationMs: 'number', truncated: 'boolean', executionId: 'string',
        runtime: 'string', timestamp: 'time', containerId: 'string', resourceUsage: 'object', reason: 'string', queuedMs: 'number', setupMs: 'number',
    });
    has(answer.json.resourceUsage, {
        cpuPercent: 'number', memoryMB: 'number', peakMemoryMB: 'number', networkBytesIn: 'number', networkBytesOut: 'number', cpuMs: 'number',
    });
    assert.equal(answer.json.stdout, 'höllo\n');
    assert.equal(answer.json.stderr, 'e\n');
    assert.equal(answer.json.exitCode, 0);
    assert.equal(answer.json.reason, 'completed');
    assert.match(answer.json.executionId, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
});

row('POST /execute, files and more', async () => {
    const request = {
        files: { '/sandbox/a': 'A', '/sandbox/b': { base64: Buffer.from([0, 255]).toString('base64'), mode: 0o600 }, '/sandbox/c': { type: 'Buffer', data: [67] } },
        outputPaths: ['/sandbox/out', '/sandbox/none'], env: { X: 'y' }, stdin: 'in', args: ['one', 'two words'],
    };
    const code = `
import os, sys
print(open('a').read(), list(open('b','rb').read()), open('c').read(), os.environ['X'], sys.stdin.read(), sys.argv[1:], os.environ['S'])
open('out', 'w').write('O')`;
    const answer = await call('POST', '/execute', { json: python(code, { secrets: { S: 'hunter22' } }, request) });
    assert.equal(answer.status, 200);
    assert.equal(answer.json.stdout, "A [0, 255] C y in ['one', 'two words'] ***\n");
    assert.equal(Buffer.from(answer.json.files['/sandbox/out'], 'base64').toString(), 'O');
    has(answer.json, { error: 'string' });
});

row('POST /execute, a program that fails is 200', async () => {
    let answer = await call('POST', '/execute', { json: python('raise SystemExit(3)') });
    assert.deepEqual([answer.status, answer.json.exitCode, answer.json.reason], [200, 3, 'completed']);
    answer = await call('POST', '/execute', { json: python('import os; os.kill(os.getpid(), 9)') });
    assert.deepEqual([answer.status, answer.json.exitCode, answer.json.reason], [200, 137, 'killed']);
    has(answer.json, { signal: 'string' });
    answer = await call('POST', '/execute', { json: python('while True: pass', { timeoutMs: 500 }) });
    assert.deepEqual([answer.status, answer.json.exitCode, answer.json.reason], [200, 124, 'timeout']);
});

row('POST /execute, what is refused', async () => {
    const headers = { 'content-type': 'application/json' };
    isError(await call('POST', '/execute', { body: '{', headers }), 400);
    isError(await call('POST', '/execute', { json: {} }), 400);
    isError(await call('POST', '/execute', { json: { request: {} } }), 400);
    const typed = await call('POST', '/execute', { json: python('1', { timeoutMs: 'soon' }) });
    isError(typed, 400);
    assert.match(typed.json.error, /options\.timeoutMs/);
    const unknown = await call('POST', '/execute', { json: { request: { code: '1', runtime: 'cobol' } } });
    isError(unknown, 400, 'unknown_runtime');
    isError(await call('POST', '/execute', { json: { request: { code: '1', cmd: 'true' } } }), 400);
    isError(await call('POST', '/execute', { json: python('1', {}, { files: { '/etc/passwd': '' } }) }), 400);
    const ignored = await call('POST', '/execute', { json: { ...python('print(1)', { sparkle: 1, poolSize: 7, debug: true }, { shine: 2 }), glow: 3 } });
    assert.equal(ignored.status, 200);
    isError(await call('POST', '/execute', { body: Buffer.alloc(17 << 20, ' '), headers }), 413);
    isError(await call('GET', '/execute'), 405);
    isError(await call('GET', '/nothing-of-that-name'), 404);
});

row('POST /execute, what HTTP may not set', needsKey(async () => {
    for (const options of [{ network: 'host' }, { security: { seccomp: 'unconfined' } }, { readonlyRootFs: false }, { persist: true },
                           { isolation: 'no-such-runtime' }, { priority: 5 }, { image: 'debian:12' }])
        isError(await call('POST', '/execute', { json: python('1', options) }), 403, 'not_allowed');
    const limited = await call('POST', '/execute', { json: python('print(1)', { memoryLimit: '900g' }) });
    assert.equal(limited.status, 200);
    assert.ok(limited.json.limited.includes('memoryLimit'));
}));

row('POST /execute/stream', async () => {
    const seen = [];
    for await (const event of events('POST', '/execute/stream', python("import sys; print('ö', flush=True); print('e', file=sys.stderr); sys.exit(4)")))
        seen.push(event);
    for (const event of seen) {
        has(event, { type: 'string', data: 'string', phase: 'string' });
        assert.ok(['stdout', 'stderr', 'exit', 'error'].includes(event.type), event.type);
    }
    const text = (type) => seen.filter((event) => event.type === type).map((event) => event.data).join('');
    assert.deepEqual([text('stdout'), text('stderr'), text('exit')], ['ö\n', 'e\n', '4']);
    assert.equal(seen.filter((event) => event.type === 'exit').length, 1);
    const last = seen.at(-1);
    assert.deepEqual([last.type, last.phase, last.result.exitCode, last.result.stdout], ['exit', 'code', 4, undefined]);
});

row('POST /execute/stream, a setup that fails', async () => {
    const seen = [];
    for await (const event of events('POST', '/execute/stream', python('print(1)', {}, { setupScript: 'exit 9' })))
        seen.push(event);
    const ends = seen.filter((event) => event.type === 'error' || event.type === 'exit');
    assert.deepEqual(ends.map((event) => [event.type, event.phase]), [['error', 'setup'], ['exit', 'setup']]);
    assert.equal(ends[1].data, '9');
    isError(await call('POST', '/execute/stream', { json: { request: { code: '1', runtime: 'cobol' } } }), 400);
});

row('POST /execute/stream, a closed connection cancels', async () => {
    const stop = new AbortController();
    await assert.rejects(async () => {
        for await (const event of events('POST', '/execute/stream', python("import time; print('up', flush=True); time.sleep(25)"), { signal: stop.signal })) {
            if (event.data.startsWith('up')) // output may come in pieces
                stop.abort();
        }
    });
    await noRuns();
});

async function noRuns() {
    for (let i = 0; i < 200; ++i) {
        if ((await call('GET', '/runs')).json.runs.length === 0)
            return;
        await new Promise((resolve) => setTimeout(resolve, 50));
    }
    assert.fail('a run is still under way');
}

row('POST /execute/stream, extra events', async () => {
    const code = `
import time, urllib.request
try: urllib.request.urlopen('http://blocked.example/')
except Exception: pass
end = time.time() + 1.5
while time.time() < end: pass`;
    const options = { network: 'filtered', logNetwork: true, networkFilter: { whitelist: ['allowed.example'] } };
    const types = async (more) => {
        const found = new Set();
        for await (const event of events('POST', '/execute/stream', { ...python(code, options, { setupScript: 'true' }), ...more }))
            found.add(event.type);
        return found;
    };
    const plain = await types({});
    for (const type of plain)
        assert.ok(['stdout', 'stderr', 'exit', 'error'].includes(type), type);
    const all = await types({ events: ['queued', 'progress', 'usage', 'network'] });
    for (const type of ['progress', 'usage', 'network'])
        assert.ok(all.has(type), `no ${type} among ${[...all]}`);
});

row('GET /execute/ws', async () => {
    const socket = await new Socket('/execute/ws').opened();
    assert.equal(socket.status, 101);
    socket.send({ type: 'execute', ...python("for line in __import__('sys').stdin: print('got', line.strip(), flush=True)") });
    socket.send({ type: 'stdin', data: 'one\n' });
    await socket.until((s) => s.text().includes('got one\n'), 'an answer to stdin');
    socket.send({ type: 'stdin', data: 'two\n' });
    socket.send({ type: 'eof' });
    await socket.closed();
    assert.equal(socket.code, 1000);
    assert.equal(socket.text(), 'got one\ngot two\n');
    const last = socket.events.at(-1);
    assert.deepEqual([last.type, last.data, last.phase], ['exit', '0', 'code']);
});

row('GET /execute/ws, signals and resize', async () => {
    const socket = await new Socket('/execute/ws').opened();
    socket.send({ type: 'execute', ...python(`
import signal, sys, time
def stop(*_): print('interrupted', flush=True); sys.exit(7)
signal.signal(signal.SIGINT, stop)
print('up', flush=True)
while True: time.sleep(0.05)`) });
    await socket.until((s) => s.text().includes('up\n'), 'its first output');
    socket.send({ type: 'resize', cols: 100, rows: 40 });
    socket.send({ type: 'signal', signal: 'SIGINT' });
    await socket.closed();
    assert.deepEqual([socket.code, socket.text(), socket.text('exit')], [1000, 'up\ninterrupted\n', '7']);
});

row('GET /execute/ws, what is refused', async () => {
    const bad = await new Socket('/execute/ws').opened();
    bad.send('{');
    await bad.closed();
    assert.equal(bad.code, 1003);
    assert.equal(bad.events[0].type, 'error');
    const refused = await new Socket('/execute/ws').opened();
    refused.send({ type: 'execute', request: { code: '1', runtime: 'cobol' } });
    await refused.closed();
    assert.equal(refused.code, 1000);
    assert.deepEqual(refused.events.map((event) => event.type), ['error', 'exit']);
});

row('GET /execute/ws, keys', needsKey(async () => {
    assert.equal((await new Socket('/execute/ws', { bearer: null }).opened()).status, 401);
    assert.equal((await new Socket('/execute/ws', { bearer: 'isol8_wrong' }).opened()).status, 403);
}));

row('GET /execute/ws, extra events', async () => {
    const socket = await new Socket('/execute/ws').opened();
    socket.send({ type: 'execute', ...python('end = __import__("time").time() + 1.5\nwhile __import__("time").time() < end: pass', {}, { setupScript: 'true' }), events: ['progress', 'usage'] });
    await socket.closed();
    const types = new Set(socket.events.map((event) => event.type));
    assert.ok(types.has('progress') && types.has('usage'), [...types].join());
});

row('POST /file, GET /file', async () => {
    await open();
    const content = Buffer.from([0, 1, 255]).toString('base64');
    isOk(await call('POST', '/file', { json: { sessionId: id, path: '/sandbox/deep/er/a b', content } }));
    const got = await call('GET', `/file?sessionId=${id}&path=${encodeURIComponent('/sandbox/deep/er/a b')}`);
    assert.equal(got.status, 200);
    assert.deepEqual(got.json, { content });
    isError(await call('GET', `/file?sessionId=${id}&path=/sandbox/none`), 404);
    isError(await call('GET', '/file?sessionId=no-such-session&path=/sandbox/a'), 404);
    isError(await call('POST', '/file', { json: { sessionId: 'no-such-session', path: '/sandbox/a', content } }), 404);
    isError(await call('GET', `/file?sessionId=${id}&path=/etc/passwd`), 400);
    isError(await call('POST', '/file', { json: { sessionId: id, path: '/sandbox/a', content: 7 } }), 400);
});

row('PUT, GET /session/:id/files/PATH', async () => {
    await open();
    const bytes = Buffer.alloc(20 << 20, 'isol8'); // more than a JSON body may have
    isOk(await call('PUT', `/session/${id}/files/raw/large%20one?mode=0755`, { body: bytes }));
    const got = await call('GET', `/session/${id}/files/raw/large%20one`);
    assert.equal(got.status, 200);
    assert.equal(got.headers['content-length'], String(bytes.length));
    assert.ok(got.bytes.equals(bytes));
    const head = await call('HEAD', `/session/${id}/files/raw/large%20one`);
    assert.deepEqual([head.status, head.headers['content-length'], head.bytes.length], [200, String(bytes.length), 0]);
    isError(await call('GET', `/session/${id}/files/none`), 404);
    isError(await call('GET', '/session/no-such-session/files/a'), 404);
    isError(await call('PUT', '/session/no-such-session/files/a', { body: 'x' }), 404);
    isError(await call('GET', `/session/${id}/files/${encodeURIComponent('/etc/passwd')}`), 400);
    isOk(await call('DELETE', `/session/${id}/files/raw/large%20one`));
    isError(await call('DELETE', `/session/${id}/files/raw/large%20one`), 404);
});

row('GET /session/:id/files?path=', async () => {
    await open();
    isOk(await call('PUT', `/session/${id}/files/list/a.txt?mode=0640`, { body: 'abc' }));
    const got = await call('GET', `/session/${id}/files?path=list`);
    assert.equal(got.status, 200);
    assert.equal(got.json.files.length, 1);
    has(got.json.files[0], { path: 'string', type: 'string', size: 'number', mode: 'number', mtimeMs: 'number' });
    assert.deepEqual([got.json.files[0].path, got.json.files[0].type, got.json.files[0].size, got.json.files[0].mode], ['/sandbox/list/a.txt', 'file', 3, 0o640]);
    isError(await call('GET', '/session/no-such-session/files'), 404);
});

row('GET, PUT /session/:id/files.tar', async () => {
    await open();
    isOk(await call('PUT', `/session/${id}/files/tree/one/a?mode=0711`, { body: 'content' }));
    const got = await call('GET', `/session/${id}/files.tar?path=tree`);
    assert.equal(got.status, 200);
    assert.match(String(got.headers['content-type']), /^application\/x-tar/);
    assert.ok(got.bytes.includes('one/a') && got.bytes.includes('content'));
    isOk(await call('PUT', `/session/${id}/files.tar?path=again`, { body: got.bytes }));
    assert.equal((await inSession('stat -c %a again/one/a; cat again/one/a')).json.stdout, '711\ncontent');
    isError(await call('PUT', `/session/${id}/files.tar?path=again`, { body: Buffer.alloc(2000, 'x') }), 400);
    isError(await call('GET', '/session/no-such-session/files.tar'), 404);
});

row('GET /sessions, DELETE /session/:id', async () => {
    const name = `${id}-list`;
    await open(name);
    const got = await call('GET', '/sessions');
    assert.equal(got.status, 200);
    const session = got.json.sessions.find((entry) => entry.id === name);
    has(session, { id: 'string', isActive: 'boolean', lastAccessedAt: 'time', runtime: 'string', createdAt: 'time' });
    isOk(await call('DELETE', `/session/${name}`));
    isOk(await call('DELETE', `/session/${name}`));
    assert.ok(!(await call('GET', '/sessions')).json.sessions.some((entry) => entry.id === name));
});

row('sessions keep what they had', async () => {
    const name = `${id}-state`;
    const run = (code) => call('POST', '/execute', { json: { ...python(code), sessionId: name } });
    await run('x = 42; open("f", "w").write("f")');
    assert.equal((await run('print(x, open("f").read())')).json.stdout, '42 f\n');
    isError(await call('POST', '/execute', { json: { request: { code: '1', runtime: 'node' }, sessionId: name } }), 409);
    isOk(await call('DELETE', `/session/${name}`));
});

row('POST /session/:id/pause, /resume', async () => {
    await open();
    isOk(await call('POST', `/session/${id}/pause`));
    isOk(await call('POST', `/session/${id}/resume`));
    isError(await call('POST', '/session/no-such-session/pause'), 404);
});

row('/snapshots', async () => {
    const name = `${id}-snapshot`;
    await inSession('echo kept > kept');
    assert.equal((await call('POST', `/session/${id}/snapshots`, { json: { name } })).status, 200);
    try {
        const got = await call('GET', '/snapshots');
        assert.equal(got.status, 200);
        has(got.json.snapshots.find((entry) => entry.name === name), { name: 'string' });
        const json = { request: { cmd: 'cat kept', runtime: 'bash' }, sessionId: name, snapshot: name };
        assert.equal((await call('POST', '/execute', { json })).json.stdout, 'kept\n');
        isOk(await call('DELETE', `/session/${name}`));
    } finally {
        isOk(await call('DELETE', `/snapshots/${name}`));
    }
    isError(await call('DELETE', `/snapshots/${name}`), 404);
});

row('GET /runs, DELETE /runs/:id', async () => {
    let cancelled;
    for await (const event of events('POST', '/execute/stream', python("import time; print('up', flush=True); time.sleep(25)"))) {
        if (event.data.startsWith('up')) {
            const { status, json } = await call('GET', '/runs');
            assert.equal(status, 200);
            has(json.runs[0], { id: 'string', runtime: 'string', state: 'string', startedAt: 'time' });
            isOk(await call('DELETE', `/runs/${json.runs[0].id}`));
        }
        cancelled = event;
    }
    assert.deepEqual([cancelled.type, cancelled.data, cancelled.result.reason], ['exit', '130', 'cancelled']);
    isError(await call('DELETE', '/runs/no-such-run'), 404);
});

row('GET /sandboxes', async () => {
    await open();
    const got = await call('GET', '/sandboxes');
    assert.equal(got.status, 200);
    const sandbox = got.json.sandboxes.find((entry) => entry.id === id);
    has(sandbox, {
        id: 'string', containerId: 'string', purpose: 'string', runtime: 'string', image: 'string', state: 'string', createdAt: 'time',
        ageMs: 'number', memoryMB: 'number', cpuMs: 'number', memoryLimit: 'number', cpuLimit: 'number',
    });
    assert.equal(sandbox.purpose, 'session');
});

row('/images', async () => {
    const got = await call('GET', '/images');
    assert.equal(got.status, 200);
    const image = got.json.images.find((entry) => entry.tag === 'isol8:python');
    has(image, { id: 'string', tag: 'string', runtime: 'string', kind: 'string', status: 'string', size: 'number', createdAt: 'time|null' });
    const seen = [];
    for await (const event of events('POST', '/images', { tag: id, runtime: 'python', setupScript: 'true' })) {
        has(event, { type: 'string' });
        seen.push(event);
    }
    assert.deepEqual([seen.at(-1).type, seen.at(-1).data], ['exit', '0']);
    assert.ok(seen.some((event) => event.type === 'image'));
    isOk(await call('DELETE', `/images/${id}`));
    isError(await call('DELETE', `/images/${id}`), 404);
    isError(await call('POST', '/images', { json: {} }), 400);
});

row('GET /session/:id/shell', async () => {
    await open();
    const shell = await new Socket(`/session/${id}/shell`).opened();
    assert.equal(shell.status, 101);
    shell.send({ type: 'resize', cols: 97, rows: 31 });
    shell.send(Buffer.from('stty size; exit 5\r'));
    await shell.closed();
    assert.equal(shell.code, 1000);
    assert.ok(shell.bytes.includes('31 97\r\n'), shell.bytes.toString());
    assert.equal(shell.text('exit'), '5');
    assert.equal((await new Socket('/session/no-such-session/shell').opened()).status, 404);
});

row('/auth/keys, /auth/login', needsKey(async () => {
    const tenant = `${id}-tenant`;
    const asked = await call('GET', '/auth/keys');
    if (asked.status === 400 || asked.status === 404)
        return `the service keeps no keys (--auth-db): ${asked.bytes}`;
    isError(await call('POST', '/auth/keys', { json: { tenantId: tenant } }), 400); // name is required
    const made = await call('POST', '/auth/keys', { json: { name: id, tenantId: tenant, ttlMs: 600000 } });
    assert.equal(made.status, 201, String(made.bytes));
    has(made.json, { id: 'string', key: 'string', name: 'string', keyPrefix: 'string', tenantId: 'string', expiresAt: 'time' });
    assert.ok(made.json.key.startsWith('isol8_'));
    const listed = await call('GET', `/auth/keys?tenantId=${tenant}`);
    assert.equal(listed.status, 200);
    has(listed.json.keys[0], {
        id: 'string', name: 'string', keyPrefix: 'string', tenantId: 'string', createdAt: 'time', expiresAt: 'time', lastUsedAt: 'time|null', revoked: 'boolean',
    });
    assert.ok(!listed.bytes.includes(made.json.key));
    assert.deepEqual((await call('GET', '/sessions', { bearer: made.json.key })).json, { sessions: [] });
    for (const [method, path] of [['POST', '/cleanup'], ['GET', '/auth/keys'], ['GET', '/images']])
        assert.equal((await call(method, path, { bearer: made.json.key })).status, 403, path);
    await open(`${id}-mine`);
    isError(await call('GET', `/session/${id}-mine/files`, { bearer: made.json.key }), 404);
    isOk(await call('DELETE', `/session/${id}-mine`));
    const login = await call('POST', '/auth/login', { json: { name: `${id}-login`, tenantId: tenant, ttlMs: 600000 } });
    assert.ok([200, 201].includes(login.status), String(login.bytes));
    has(login.json, { token: 'string', expiresAt: 'time', keyId: 'string' });
    for (const entry of [made.json.id, login.json.keyId]) {
        const gone = await call('DELETE', `/auth/keys/${entry}`);
        isOk(gone);
        assert.equal(gone.json.id, entry);
    }
    isError(await call('DELETE', '/auth/keys/no-such-key'), 404);
}));

row('POST /cleanup', async () => {
    await open(`${id}-idle`);
    const images = process.env.ISOL8_CLEANUP_IMAGES === '1';
    for (const options of [{ json: { images } }, {}]) {
        const answer = await call('POST', '/cleanup', options);
        assert.equal(answer.status, 200, String(answer.bytes));
        has(answer.json, { ok: 'boolean', sessions: 'object', containers: 'object', images: 'object' });
        for (const part of ['sessions', 'containers', 'images'])
            has(answer.json[part], { removed: 'number', failed: 'number', errors: 'array' });
    }
    assert.ok(!(await call('GET', '/sessions')).json.sessions.some((entry) => entry.id === `${id}-idle`));
});

row('GET /metrics', async () => {
    const got = await call('GET', '/metrics');
    if (got.status === 404)
        return 'this service has none yet';
    assert.equal(got.status, 200);
    assert.match(String(got.headers['content-type']), /^text\/plain/);
    assert.match(got.bytes.toString(), /^# (HELP|TYPE) /m);
});

row('GET /openapi.json', async () => {
    const got = await call('GET', '/openapi.json');
    if (got.status === 404)
        return 'this service has none yet';
    assert.equal(got.status, 200);
    assert.match(got.json.openapi, /^3\.1/);
    has(got.json.paths['/execute'], { post: 'object' });
});

await runAll();
await new Promise((resolve) => setImmediate(resolve));
