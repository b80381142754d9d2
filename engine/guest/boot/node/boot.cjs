// SPDX-License-Identifier: GPL-3.0-or-later
// Stops a starting Node.js just before it opens its program, until there is one, and then goes on as if it had been
// started for it: init/Waiting.h says how the two speak. It is required by NODE_OPTIONS, before the program and in
// worker threads, where it does nothing.
'use strict';

if (require('node:worker_threads').isMainThread && process.env.ISOL8_WAIT)
    wait();
delete require.cache[__filename];
// What is left of the option that names this file, in worker threads, too.
Object.defineProperty(process, '_preload_modules', { value: process._preload_modules.filter(name => name !== __filename) });

function wait() {
    const fs = require('node:fs');
    const Module = require('node:module');
    const given = process.argv[1];
    const byte = Buffer.alloc(1);
    fs.writeSync(3, 'R');
    if (fs.readSync(3, byte, 0, 1, null) !== 1 || byte[0] !== 0x47)
        process.reallyExit(0);

    const data = fs.readFileSync(4);
    let at = 0;
    const take = () => {
        const size = data.readUInt32LE(at);
        at += 4 + size;
        return data.subarray(at - size, at);
    };
    const takeList = () => {
        const count = data.readUInt32LE(at);
        at += 4;
        return Array.from({ length: count }, () => take().toString());
    };
    const argv = takeList();
    const variables = takeList();
    const cwd = take().toString();
    const file = take().toString();
    const content = take();

    const giveUp = (what, error) => {
        const failure = Buffer.alloc(8);
        failure.writeUInt32LE(what, 0);
        failure.writeInt32LE(-error.errno, 4);
        fs.writeSync(3, failure);
        process.reallyExit(127);
    };
    for (const name of Object.keys(process.env))
        delete process.env[name];
    for (const variable of variables) {
        const equals = variable.indexOf('=');
        process.env[variable.slice(0, equals)] = variable.slice(equals + 1);
    }
    if (file) {
        try {
            const { O_WRONLY, O_CREAT, O_TRUNC, O_NOFOLLOW, O_NONBLOCK } = fs.constants;
            const descriptor = fs.openSync(file, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_NONBLOCK, 0o644);
            fs.writeFileSync(descriptor, content);
            fs.closeSync(descriptor);
        } catch (error) {
            giveUp(4, error);
        }
    }
    if (cwd) {
        try {
            process.chdir(cwd);
        } catch (error) {
            giveUp(0, error);
        }
    }
    process.argv.splice(1, process.argv.length, ...argv.slice(1));

    // Node looks for the program by the name that it was started with: once, and once more to load it as CommonJS.
    if (argv[1] !== given) {
        const find = Module._findPath;
        let left = argv[1].endsWith('.mjs') ? 1 : 2;
        Module._findPath = function (request, paths, isMain) {
            if (!isMain || request !== given)
                return find.apply(this, arguments);
            if (--left === 0)
                Module._findPath = find;
            return find.call(this, argv[1], paths, isMain);
        };
    }
    fs.closeSync(4);
    fs.closeSync(3); // tells init that the program runs
}
