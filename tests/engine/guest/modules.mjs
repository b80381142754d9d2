// SPDX-License-Identifier: GPL-3.0-or-later
// Runs in a session of Node.js: what its npm has of scripts must stay as it is, and of modules become scripts.
import fs from 'node:fs';
import path from 'node:path';
import vm from 'node:vm';

const { asScript, tokenize } = await import('/.isol8/boot/live/module.mjs');
const counts = { script: 0, module: 0, wrong: 0 };

const parse = text => new vm.Script(`(async function (exports, require, module) {${text}\n})`);

function complain(file, what) {
    counts.wrong += 1;
    console.error(file, what);
}

function isScript(source) {
    try {
        parse(source);
        return true;
    } catch {
        return false;
    }
}

function check(file) {
    const source = fs.readFileSync(file, 'utf8').replace(/^#!.*/, '');
    const looksLikeModule = /^(import|export)\b/m.test(source);
    if (!looksLikeModule && ++counts.script % 4 !== 0)
        return;
    let at = 0;
    for (const token of tokenize(source)) { // between tokens are blanks and comments only
        const gap = source.slice(at, token.start).replace(/\/\*[^]*?\*\/|\/\/[^\n]*/g, '').trim();
        if (gap || token.start < at || token.text !== source.slice(token.start, token.end))
            return complain(file, `${JSON.stringify(gap)} between tokens`);
        at = token.end;
    }
    const made = asScript(source);
    if (made.split('\n').length !== source.split('\n').length)
        complain(file, 'has another number of lines');
    if (!looksLikeModule && isScript(source)) {
        if (made.replaceAll('__isol8_import', 'import') !== source)
            complain(file, 'was changed');
        return;
    }
    counts.module += 1;
    try {
        parse(made);
    } catch (error) {
        complain(file, error.message);
    }
}

function walk(folder) {
    for (const entry of fs.readdirSync(folder, { withFileTypes: true })) {
        const file = path.join(folder, entry.name);
        if (entry.isDirectory())
            walk(file);
        else if (/\.(js|mjs|cjs)$/.test(entry.name))
            check(file);
    }
}

walk('/usr/local/lib/node_modules/npm');
if (counts.module < 50 || counts.script < 500)
    complain('npm', `has only ${counts.module} modules and ${counts.script} scripts`);

// What npm has none of: source -> what it must become; null: what must be left as it is.
const cases = [
    ['import a from "a"', 'const { default: a } = await __isol8_import("a");'],
    ['import a, { b as c, "d e" as f } from "a"', 'const { default: a, b: c, "d e": f } = await __isol8_import("a");'],
    ['import a, * as b from "a"', 'const b = await __isol8_import("a"); const a = b.default;'],
    ['import {} from "a"', 'const {  } = await __isol8_import("a");'],
    ['import x from "a" with { type: "json" };', 'const { default: x } = await __isol8_import("a", { with: { type: "json" } });'],
    ['import type from "a"', 'const { default: type } = await __isol8_import("a");'],
    ['import type a from "a"', ''],
    ['import { type } from "a"', 'const { type } = await __isol8_import("a");'],
    ['import { type as as } from "a"', 'const { type: as } = await __isol8_import("a");'],
    ['import a = require("a")', 'const a = require("a")'],
    ['import"a";import"b"', 'await __isol8_import("a"); void 0;await __isol8_import("b"); void 0;'],
    ['a.import("b")', null],
    ['a?.export', null],
    ['({ import: 1, export: 2 })', null],
    ['x = { import() {}, async import() {}, *import() {} }', null],
    ['"import a from \'b\'"; `export ${ "export" } x`', null],
    ['/import("x")/.test(a)', null],
    ['if (a) /import("x")/.test(a)', null],
    ['a = b\n/import("x")/g', 'a = b\n/__isol8_import("x")/g'],
    ['a++ / import("x") / 2', 'a++ / __isol8_import("x") / 2'],
    ['({}) / import("x") / 2', '({}) / __isol8_import("x") / 2'],
    ['`${ {}.a / import("x") / 2 }`', '`${ {}.a / __isol8_import("x") / 2 }`'],
    ['{} /import("x")/', null],
    ['x = [] / import("x") / 1', 'x = [] / __isol8_import("x") / 1'],
    ['return_ / import("x") / 1', 'return_ / __isol8_import("x") / 1'],
    ['a.return / import("x") / 1', 'a.return / __isol8_import("x") / 1'],
    ['/[/]import("x")/', null],
    ['/\\/import("x")/', null],
    ['a ? /import("x")/ : import("y")', 'a ? /import("x")/ : __isol8_import("y")'],
    ['// import a from "a"\n/* export */ 1', null],
    ['1..toString(); 1.5e+3 / import("a") / 0x1n', '1..toString(); 1.5e+3 / __isol8_import("a") / 0x1n'],
    ['import.meta.url', '__isol8_meta.url'],
    ['export { a, b as "c d" }; 1', ' 1'],
    ['export const a = 1', '       const a = 1'],
    ['export default 5', '0,             5'],
    ['export default class {} /x/', '0,             class {}; /x/'],
    ['export default class A extends B {}', '               class A extends B {}'],
    ['export default class extends f({}) { a() {} }', '0,             class extends f({}) { a() {} };'],
    ['export default function* () {}', '0,             function* () {};'],
    ['export default async () => {}', '0,             async () => {}'],
    ['export default async function f() {}', '               async function f() {}'],
    ['export * as "a b" from "c"', 'await __isol8_import("c"); void 0;'],
    ['export type A = 1', '       type A = 1'],
    ['export type { A } from "b"; 1', ' 1'],
    ['"use strict"; f(); import a from "a"', '"use strict"; const { default: a } = await __isol8_import("a"); f(); '],
    ['import\n{\na\n}\nfrom\n"a"', 'const { a } = await __isol8_import("a");\n\n\n\n\n'],
    ['import a from', null],
    ['export {', null],
];
for (const [source, wanted] of cases) {
    const made = asScript(source);
    if (made !== (wanted ?? source))
        complain(source, `became ${JSON.stringify(made)}`);
}
console.log(`${counts.wrong} are wrong`);
