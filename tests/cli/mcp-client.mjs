// SPDX-License-Identifier: GPL-3.0-or-later
// The official client of the Model Context Protocol against `isol8 mcp`: node mcp-client.mjs ISOL8 SESSION. It says what
// is wrong and ends with 1, or ends with 0.
import assert from 'node:assert/strict';
import process from 'node:process';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';

const [isol8, session] = process.argv.slice(2);
const transport = new StdioClientTransport({ command: isol8, args: ['mcp', '--max-output', '1k'], env: process.env, stderr: 'inherit' });
const client = new Client({ name: 'isol8-test', version: '1' });
await client.connect(transport);

const call = (name, args, options) => client.callTool({ name, arguments: args }, undefined, { timeout: 120000, ...options });
const textOf = result => result.content.filter(block => block.type === 'text').map(block => block.text).join('\n');
const run = (code, more = {}, options) => call('run_code', { code, ...more }, options);
const inSession = (code, more = {}, options) => run(code, { session, ...more }, options);

const tests = {
    async 'says what it is and has'() {
        assert.equal(client.getServerVersion().name, 'isol8');
        assert.match(client.getInstructions(), /session/);
        await client.ping();
        const { tools } = await client.listTools();
        assert.deepEqual(tools.map(tool => tool.name).sort(),
            ['list_files', 'list_sessions', 'read_file', 'run_code', 'run_command', 'stop_session', 'write_file']);
        for (const tool of tools) {
            assert.equal(tool.inputSchema.additionalProperties, false, tool.name);
            assert.ok(tool.description && tool.title, tool.name);
        }
        assert.match(tools.find(tool => tool.name === 'run_code').description, /no network/);
    },
    async 'runs code'() {
        const result = await run('import sys\nprint("out", sys.stdin.read(), sys.argv[1:], open("a.txt").read())\nprint("err", file=sys.stderr)',
            { stdin: 'in', args: ['x'], files: { 'a.txt': 'file' } });
        assert.equal(result.structuredContent.stdout, "out in ['x'] file\n");
        assert.equal(result.structuredContent.exitCode, 0);
        assert.equal(result.isError, false);
        assert.match(textOf(result), /^out[^]*\[stderr\]\nerr/);
    },
    async 'tells a failure of the program from its own'() {
        const failed = await call('run_command', { command: 'echo here; exit 3' });
        assert.equal(failed.structuredContent.exitCode, 3);
        assert.equal(failed.isError, false);
        assert.match(textOf(failed), /exit code 3/);
        const late = await run('import time; time.sleep(60)', { timeoutMs: 1000 });
        assert.equal(late.isError, true);
        assert.equal(late.structuredContent.reason, 'timeout');
    },
    async 'cuts long output'() {
        const { structuredContent } = await run('print("x" * 5000)');
        assert.equal(structuredContent.truncated, true);
        assert.ok(structuredContent.stdout.length < 1200);
    },
    async 'keeps a session'() {
        await inSession('x = 42');
        const result = await inSession('class P:\n    def _repr_png_(self): return b"\\x89PNG"\n    def __repr__(self): return f"P{x}"\nP()');
        assert.match(textOf(result), /\[value\] P42/);
        const picture = result.content.find(block => block.type === 'image');
        assert.equal(picture.mimeType, 'image/png');
        assert.equal(picture.data, 'iVBORw==');
        assert.equal(result.structuredContent.session, session);
        const { structuredContent } = await call('list_sessions', {});
        assert.ok(structuredContent.sessions.some(item => item.id === session && item.runtime === 'python'));
    },
    async 'reads, writes and lists files'() {
        await call('write_file', { session, path: 'in/text.txt', content: 'grün' });
        await call('write_file', { session, path: 'b.bin', content: 'AAEC', encoding: 'base64' });
        await call('write_file', { session, path: 'p.png', content: 'iVBORw==', encoding: 'base64' });
        const text = await call('read_file', { session, path: 'in/text.txt' });
        assert.equal(text.content[0].resource.text, 'grün');
        assert.equal(text.content[0].resource.uri, `isol8://${session}/sandbox/in/text.txt`);
        assert.equal((await call('read_file', { session, path: '/sandbox/b.bin' })).content[0].resource.blob, 'AAEC');
        assert.equal((await call('read_file', { session, path: 'p.png' })).content[0].type, 'image');
        const listed = await call('list_files', { session, recursive: true });
        assert.ok(listed.structuredContent.files.some(file => file.path === '/sandbox/in/text.txt' && file.size === 5));
        const made = await call('run_command', { session, command: 'echo made > out.csv', outputPaths: ['*.csv'] });
        assert.equal(made.content.at(-1).resource.text, 'made\n');
    },
    async 'refuses in sentences'() {
        for (const [name, args, pattern] of [
            ['run_code', { code: '1', netwrok: 'host' }, /no argument "netwrok"/],
            ['run_code', { code: '1', network: 'host' }, /no argument "network"/],
            ['run_code', {}, /needs the argument code/],
            ['run_code', { code: 5 }, /code must be/],
            ['run_command', { command: [] }, /arguments.command must be/],
            ['run_code', { code: '1', runtime: 'agent' }, /must be one of/],
            ['run_code', { code: '1', timeoutMs: 99999999 }, /at most 600000/],
            ['run_code', { code: '1', files: { '../../etc/x': '' } }, /\/sandbox/],
            ['read_file', { session, path: '/etc/passwd' }, /\/sandbox/],
            ['read_file', { session, path: 'none' }, /none/],
            ['write_file', { session: 'none-of-these', path: 'a', content: '' }, /no session|There is no/],
            ['write_file', { session, path: 'a', content: '*', encoding: 'base64' }, /base64/],
            ['stop_session', { session: 'none-of-these' }, /no session/],
            ['run_code', { code: '1', session: '../x' }, /sessionId|session/],
        ]) {
            const result = await call(name, args);
            assert.equal(result.isError, true, `${name} ${JSON.stringify(args)}`);
            assert.match(textOf(result), pattern);
        }
        await assert.rejects(client.request({ method: 'resources/list', params: {} }, { parse: x => x, safeParse: x => ({ success: true, data: x }) }),
            /no method/);
    },
    async 'tells progress, and does others meanwhile'() {
        const heard = [];
        const result = await inSession('import os, time\nprint("first", flush=True)\nwhile not os.path.exists("go"): time.sleep(0.01)\nprint("second")', {}, {
            onprogress: step => {
                heard.push(step);
                if (step.message.includes('first'))
                    call('write_file', { session, path: 'go', content: '' });
            },
        });
        assert.equal(result.structuredContent.stdout, 'first\nsecond\n');
        assert.ok(heard.length > 0 && heard.every((step, i) => i === 0 || step.progress > heard[i - 1].progress));
    },
    async 'cancels'() {
        const controller = new AbortController();
        await assert.rejects(inSession('kept = 1\nprint("up", flush=True)\nwhile True: pass', {}, {
            signal: controller.signal, onprogress: () => controller.abort('enough') }));
        assert.equal((await inSession('print(kept)')).structuredContent.stdout, '1\n');
    },
    async 'runs several at once'() {
        const results = await Promise.all([1, 2, 3].map(n => call('run_command', { command: `echo ${n}` })));
        assert.deepEqual(results.map(result => result.structuredContent.stdout), ['1\n', '2\n', '3\n']);
    },
    async 'stops a session'() {
        assert.match(textOf(await call('stop_session', { session })), /has ended/);
        const { structuredContent } = await call('list_sessions', {});
        assert.ok(!structuredContent.sessions.some(item => item.id === session));
        await inSession('1'); // which ends with the server
    },
};

let failed = 0;
for (const [name, test] of Object.entries(tests)) {
    try {
        await test();
        console.log(`ok ${name}`);
    } catch (error) {
        failed = 1;
        console.log(`not ok ${name}: ${error.stack}`);
    }
}
await client.close();
process.exitCode = failed;
