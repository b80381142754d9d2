// SPDX-License-Identifier: GPL-3.0-or-later
// A module's text as that of a script with top-level `await`, for a session's JavaScript (live.mjs): imports become
// constants, exports their declarations. Line by line it stays the same.

// A program may replace what it finds in the global scope.
const { Boolean, Int32Array, Map, Math, Object, Set } = globalThis;

const space = /[\s\uFEFF]+/uy;
const name = /#?(?:[\p{ID_Start}$_]|\\u\{[\da-fA-F]+\}|\\u[\da-fA-F]{4})(?:[\p{ID_Continue}$\u200c\u200d]|\\u\{[\da-fA-F]+\}|\\u[\da-fA-F]{4})*/uy;
const number = /(?:0[xX][\da-fA-F_]+|0[oO][0-7_]+|0[bB][01_]+|(?:\d[\d_]*(?:\.[\d_]*)?|\.\d[\d_]*)(?:[eE][+-]?\d[\d_]*)?)n?/uy;
const punctuator = /=>|\+\+|--|\?\.(?!\d)|\?\?=?|\.\.\.|[^]/uy;
const regularExpression = /\/(?:\\[^\r\n\u2028\u2029]|\[(?:\\[^\r\n\u2028\u2029]|[^\]\\\r\n\u2028\u2029])*\]|[^/\\[\r\n\u2028\u2029])+\/[\p{ID_Continue}$]*/uy;
const restOfLine = /[^\r\n\u2028\u2029]*/uy;
const lineEnd = /[\r\n\u2028\u2029]/u;

// Behind these a value begins, so that a slash begins a regular expression and a brace an object.
const beforeValue = new Set(['return', 'typeof', 'instanceof', 'in', 'of', 'new', 'delete', 'void', 'throw', 'case', 'await',
    'yield', 'default', 'extends']);
const control = new Set(['if', 'while', 'for', 'with']);

function match(pattern, source, at) {
    pattern.lastIndex = at;
    return pattern.exec(source)?.[0] ?? '';
}

function endOfString(source, at) {
    const quote = source[at++];
    while (at < source.length && source[at] !== quote && source[at] !== '\n' && source[at] !== '\r')
        at += source[at] !== '\\' ? 1 : source[at + 1] === '\r' && source[at + 2] === '\n' ? 3 : 2;
    return source[at] === quote ? at + 1 : Math.min(at, source.length);
}

// Where the piece of a template ends that begins before `at`: behind its last backtick, or behind `${`.
function endOfTemplate(source, at) {
    while (at < source.length && source[at] !== '`') {
        if (source[at] === '$' && source[at + 1] === '{')
            return at + 2;
        at += source[at] === '\\' ? 2 : 1;
    }
    return Math.min(at + 1, source.length);
}

/**
 * The tokens of a source: { type, text, start, end, depth, newline }. type: name, number, string, template, regexp,
 * punctuator. depth: how many brackets are open before it; of a closing one, as of the one that it closes. newline: it
 * is the first of its line. JSX is not known.
 */
export function tokenize(source) {
    const tokens = [];
    const open = []; // { text, control, block, questions }
    let closed = null; // of what the last token has closed
    let at = source.startsWith('#!') ? source.search(/$|[\r\n]/u) : 0;
    let newline = true;

    const previous = (back = 1) => tokens[tokens.length - back];
    const isProperty = back => ['.', '?.'].includes(previous(back + 1)?.text);
    const isKeyword = (set, back = 1) => previous(back)?.type === 'name' && set.has(previous(back).text) && !isProperty(back);

    const endsValue = back => {
        const token = previous(back);
        if (!token)
            return false;
        if (token.type === 'name')
            return !isKeyword(beforeValue, back) && !(['else', 'do'].includes(token.text) && !isProperty(back));
        if (token.type === 'template')
            return token.text.endsWith('`') && !(token.text === '`' && token.opens);
        if (token.type !== 'punctuator')
            return true;
        switch (token.text) {
        case ')': return !token.control;
        case ']': return true;
        case '}': return !token.block;
        case '++': case '--': return !token.newline && endsValue(back + 1);
        case '!': return !token.newline && previous(back + 1)?.end === token.start && endsValue(back + 1); // TypeScript's
        default: return false;
        }
    };

    const beginsBlock = () => {
        const token = previous();
        if (!token)
            return true;
        if (token.type === 'name')
            return !isKeyword(beforeValue);
        if (token.type !== 'punctuator')
            return token.type === 'string';
        if (token.text === ':')
            return !token.ternary && (open.length === 0 || open.at(-1).block);
        return [';', '{', '}', ')', '=>', ']', '>'].includes(token.text);
    };

    const add = (type, end, more) => {
        const inObject = open.at(-1)?.text === '{' && !open.at(-1).block;
        tokens.push({ type, text: source.slice(at, end), start: at, end, depth: open.length, newline, inObject, ...more });
        at = end;
        newline = false;
    };
    const template = (from, depth) => {
        const end = endOfTemplate(source, from);
        const opens = source.startsWith('${', end - 2) && source[end - 1] === '{';
        add('template', end, { depth, opens });
        if (opens)
            open.push({ text: '${' });
    };

    while (at < source.length) {
        const c = source[at];
        const white = match(space, source, at);
        if (white) {
            newline ||= lineEnd.test(white);
            at += white.length;
        } else if (c === '/' && source[at + 1] === '/') {
            at += match(restOfLine, source, at).length;
        } else if (c === '/' && source[at + 1] === '*') {
            const end = source.indexOf('*/', at + 2);
            const next = end < 0 ? source.length : end + 2;
            newline ||= lineEnd.test(source.slice(at, next));
            at = next;
        } else if (c === '"' || c === "'") {
            add('string', endOfString(source, at));
        } else if (c === '`') {
            template(at + 1, open.length);
        } else if (/\d/u.test(c) || (c === '.' && /\d/u.test(source[at + 1] ?? ''))) {
            add('number', at + match(number, source, at).length);
        } else if (match(name, source, at)) {
            add('name', at + match(name, source, at).length);
        } else if (c === '/' && !endsValue(1) && match(regularExpression, source, at)) {
            add('regexp', at + match(regularExpression, source, at).length);
        } else if (c === '(' || c === '[' || c === '{') {
            const isControl = c === '(' && (isKeyword(control) || (previous()?.text === 'await' && isKeyword(control, 2)));
            const block = c === '{' && beginsBlock();
            add('punctuator', at + 1);
            open.push({ text: c, control: isControl, block, questions: 0 });
        } else if (c === ')' || c === ']' || c === '}') {
            closed = open.pop();
            if (c === '}' && closed?.text === '${')
                template(at + 1, open.length);
            else
                add('punctuator', at + 1, { control: closed?.control, block: closed?.block ?? true });
        } else {
            const text = match(punctuator, source, at);
            const inner = open.at(-1) ?? (open.outer ??= { questions: 0 });
            let ternary = false;
            if (text === '?' && !/^\?\s*[:,)]/u.test(source.slice(at, at + 20)))
                inner.questions = (inner.questions ?? 0) + 1;
            else if (text === ':' && inner.questions > 0)
                ternary = Boolean(inner.questions--);
            add('punctuator', at + text.length, { ternary });
        }
    }
    return tokens;
}

class Converter {
    constructor(source, options) {
        this.source = source;
        this.options = options;
        this.calls = options.names ?? { load: '__isol8_import', meta: '__isol8_meta' };
        this.tokens = tokenize(source);
        this.edits = []; // [start, end, text]
        this.hoisted = [];
    }

    text(at) {
        return this.tokens[at]?.type === 'string' ? '' : this.tokens[at]?.text ?? '';
    }

    is(at, type) {
        return this.tokens[at]?.type === type;
    }

    edit(first, last, text) {
        const [start, end] = [this.tokens[first].start, this.tokens[last].end];
        const lines = this.source.slice(start, end).split('\n').length - text.split('\n').length;
        this.edits.push([start, end, text + '\n'.repeat(Math.max(lines, 0))]);
    }

    // Only blanks instead, so that what stands behind keeps its column.
    blank(first, last, by = '') {
        const { start } = this.tokens[first];
        const { end } = this.tokens[last];
        this.edits.push([start, end, by + this.source.slice(start + by.length, end).replace(/[^\r\n]/gu, ' ')]);
    }

    // Of the bracket at `at`.
    closing(at) {
        const { depth } = this.tokens[at];
        let end = at + 1;
        while (end < this.tokens.length && this.tokens[end].depth > depth)
            ++end;
        return end;
    }

    // The end of `from "specifier" with { … };` that begins at `at`, and what it says; null when it is none.
    origin(at) {
        if (this.text(at) === 'from')
            ++at;
        if (!this.is(at, 'string'))
            return null;
        const found = { specifier: this.tokens[at].text, attributes: '', last: at };
        if ((this.text(at + 1) === 'with' || (this.text(at + 1) === 'assert' && !this.tokens[at + 1].newline)) && this.text(at + 2) === '{') {
            found.last = this.closing(at + 2);
            if (found.last >= this.tokens.length)
                return null;
            found.attributes = this.source.slice(this.tokens[at + 2].start, this.tokens[found.last].end).replace(/\s+/gu, ' ');
        }
        if (this.text(found.last + 1) === ';')
            ++found.last;
        return found;
    }

    load({ specifier, attributes }, names = []) {
        const checked = names.length > 0 && this.options.checked;
        const options = attributes ? `{ with: ${attributes} }` : 'undefined';
        const rest = checked ? `, ${options}, [${names.map(item => (/^["']/u.test(item) ? item : `'${item}'`)).join(', ')}]`
            : attributes ? `, ${options}` : '';
        return `await ${this.calls.load}(${specifier}${rest})`;
    }

    // Pairs of a name in the module and one here; null when it is no list of such.
    names(at, last) {
        const found = [];
        for (++at; at < last; ++at) {
            // `type as b` names something called type, `type as` and `type as as b` a type called as.
            const [as, behind] = [2, 3].map(ahead => (at + ahead < last && this.text(at + ahead) !== ',' ? this.text(at + ahead) : ''));
            const isType = this.text(at) === 'type' && at + 1 < last && this.text(at + 1) !== ',' &&
                (this.text(at + 1) !== 'as' || as === '' || (as === 'as' && behind !== ''));
            if (isType)
                ++at;
            if (!this.is(at, 'name') && !this.is(at, 'string'))
                return null;
            const from = this.tokens[at].text;
            let to = from;
            if (this.text(at + 1) === 'as' && at + 2 < last) {
                at += 2;
                to = this.tokens[at].text;
            }
            if (!isType)
                found.push([from, to]);
            if (at + 1 < last && this.text(++at) !== ',')
                return null;
        }
        return found;
    }

    // Each returns the last token that it has dealt with, or its first when that is to be looked at no more.
    import(first) {
        let at = first + 1;
        const direct = this.is(at, 'string') ? this.origin(at) : null;
        if (direct) {
            this.declare(first, direct.last, `${this.load(direct)}; void 0;`);
            return direct.last;
        }
        const next = this.text(at + 1);
        const isType = this.text(at) === 'type' &&
            (next === '{' || next === '*' || (this.is(at + 1, 'name') && (next !== 'from' || this.text(at + 2) === 'from')));
        if (isType || (['defer', 'source'].includes(this.text(at)) && (next === '*' || (this.is(at + 1, 'name') && next !== 'from'))))
            ++at;
        let main = '';
        let space = '';
        let names = [];
        if (this.is(at, 'name')) {
            main = this.tokens[at++].text;
            if (this.text(at) === '=') { // TypeScript's
                this.edit(first, first, 'const');
                return at;
            }
            if (this.text(at) === ',')
                ++at;
        }
        if (this.text(at) === '*' && this.text(at + 1) === 'as' && this.is(at + 2, 'name')) {
            space = this.tokens[at + 2].text;
            at += 3;
        } else if (this.text(at) === '{') {
            const last = this.closing(at);
            names = this.names(at, last);
            at = last + 1;
        }
        const from = names && this.text(at) === 'from' ? this.origin(at) : null;
        if (!from)
            return first;
        if (isType) {
            this.edit(first, from.last, '');
            return from.last;
        }
        const wanted = [...(main ? [['default', main]] : []), ...names];
        const loaded = this.load(from, wanted.map(([name]) => name));
        if (space)
            this.declare(first, from.last, `const ${space} = ${loaded};${main ? ` const ${main} = ${space}.default;` : ''}`);
        else
            this.declare(first, from.last,
                `const { ${wanted.map(([name, here]) => (name === here ? name : `${name}: ${here}`)).join(', ')} } = ${loaded};`);
        return from.last;
    }

    // What is imported is there before the first statement runs.
    declare(first, last, text) {
        if (!this.sawOther) {
            this.edit(first, last, text);
            return;
        }
        this.edit(first, last, '');
        this.hoisted.push(text);
    }

    reExport(first, from) {
        this.declare(first, from.last, `${this.load(from)}; void 0;`);
        return from.last;
    }

    export(first) {
        const at = first + 1;
        const next = this.text(at);
        if (next === 'default')
            return this.exportDefault(first);
        const isType = next === 'type' && ['{', '*'].includes(this.text(at + 1));
        const list = isType ? at + 1 : at;
        if (this.text(list) === '{') {
            const last = this.closing(list);
            const from = this.text(last + 1) === 'from' ? this.origin(last + 1) : null;
            if (from && !isType)
                return this.reExport(first, from);
            const end = from ? from.last : this.text(last + 1) === ';' ? last + 1 : last;
            if (end < this.tokens.length)
                this.edit(first, end, '');
            return end;
        }
        if (this.text(list) === '*') {
            const from = this.origin(this.text(list + 1) === 'as' ? list + 3 : list + 1);
            if (!from)
                return first;
            if (!isType)
                return this.reExport(first, from);
            this.edit(first, from.last, '');
            return from.last;
        }
        if (next === '=') // TypeScript's
            this.blank(first, at, '0,');
        else
            this.blank(first, first);
        return first;
    }

    exportDefault(first) {
        let at = first + 2;
        if (this.text(at) === 'async' && this.text(at + 1) === 'function' && !this.tokens[at + 1].newline)
            ++at;
        const isFunction = this.text(at) === 'function';
        const isClass = this.text(at) === 'class' || this.text(at) === '@';
        let named = ['abstract', 'interface'].includes(this.text(at)) && this.is(at + 1, 'name') && !this.tokens[at + 1].newline;
        if (isFunction)
            named = this.is(this.text(at + 1) === '*' ? at + 2 : at + 1, 'name');
        else if (isClass)
            named = this.text(at) === '@' || (this.is(at + 1, 'name') && this.text(at + 1) !== 'extends');
        if (named) {
            this.blank(first, first + 1);
            return first + 1;
        }
        this.blank(first, first + 1, '0,'); // a value
        if (isFunction || isClass) {
            const { depth } = this.tokens[first];
            let body = at + 1;
            while (body < this.tokens.length && !(this.tokens[body].depth === depth && this.text(body) === '{'))
                ++body;
            const last = body < this.tokens.length ? this.closing(body) : body;
            if (last < this.tokens.length)
                this.edits.push([this.tokens[last].end, this.tokens[last].end, ';']);
        }
        return first + 1;
    }

    // `import(…)`, which is no call where it is a method of that name, or a type; `import.meta`.
    expression(at) {
        const before = this.tokens[at - 1];
        if (['<', '|', '&', 'typeof'].includes(this.text(at - 1)) || (before?.text === ':' && !before.ternary && !before.inObject))
            return;
        if (this.text(at + 1) === '.' && this.text(at + 2) === 'meta') {
            this.edit(at, at + 2, this.calls.meta);
        } else if (this.text(at + 1) === '(') {
            const last = this.closing(at + 1);
            const isMethod = this.tokens[at].depth > 0 && ['{', ':'].includes(this.text(last + 1)) &&
                ['{', '}', ',', ';', '*', 'async', 'static', 'get', 'set', 'public', 'private'].includes(this.text(at - 1)) &&
                !this.tokens[last + 1].newline;
            if (!isMethod)
                this.edit(at, at, this.calls.load);
        }
    }

    isShorthand(at) {
        return this.tokens[at].inObject && ['{', ','].includes(this.text(at - 1)) && [',', '}'].includes(this.text(at + 1));
    }

    // What the source does not declare itself.
    renamed() {
        const isDeclared = item => this.tokens.some((token, at) => token.text === item &&
            ['const', 'let', 'var', 'function'].includes(this.text(at - 1)));
        return new Map(Object.entries(this.options.rename ?? {}).filter(([item]) => !isDeclared(item)));
    }

    result() {
        const { tokens } = this;
        const renamed = this.renamed();
        for (let at = 0; at < tokens.length; ++at) {
            const text = tokens[at].type === 'name' ? tokens[at].text : '';
            const isFree = !['.', '?.'].includes(this.text(at - 1));
            if (isFree && renamed.has(text))
                this.edit(at, at, this.isShorthand(at) ? `${text}: ${renamed.get(text)}` : renamed.get(text));
            if (text === 'import' && isFree && !['(', '.'].includes(this.text(at + 1)) && tokens[at].depth === 0) {
                at = this.import(at);
            } else if (text === 'export' && isFree && tokens[at].depth === 0) {
                at = this.export(at);
                this.sawOther = true;
            } else if (text === 'import' && isFree) {
                this.expression(at);
                this.sawOther = true;
            } else if (tokens[at].text !== ';' && !(tokens[at].type === 'string' && !this.sawOther && tokens[at].depth === 0)) {
                this.sawOther = true;
            }
        }
        let made = '';
        let done = 0;
        if (this.hoisted.length > 0) {
            let first = 0;
            while (tokens[first]?.type === 'string' && (this.text(first + 1) === ';' || tokens[first + 1]?.newline))
                first += this.text(first + 1) === ';' ? 2 : 1;
            const start = tokens[first].start;
            this.edits.push([start, start, this.hoisted.join(' ') + ' ']);
        }
        // Of two at one place the one that only inserts comes first.
        for (const [start, end, by] of this.edits.sort((a, b) => a[0] - b[0] || a[1] - b[1])) {
            made += this.source.slice(done, start) + by;
            done = end;
        }
        return made + this.source.slice(done);
    }
}

/**
 * What only a module may hold, for a script. options: checked, that a name which a module does not export is an error;
 * rename: names that are replaced, { name: expression }; names: what stands for import() and import.meta.
 */
export function asScript(source, options = {}) {
    return /\b(?:import|export)\b/u.test(source) || options.rename ? new Converter(source, options).result() : source;
}

// What of a token stays the same when a source is printed anew; empty where nothing does.
function essence({ type, text }) {
    if (type === 'string')
        return `"${text.slice(1, -1)}`;
    return type === 'punctuator' ? '' : text;
}

// Pairs of indexes into two lists: their longest common subsequence (Myers). Null when they differ too much.
function commonItems(a, b, most = 2000) {
    const trace = []; // how far into `a` each diagonal was reached, those from -distance - 1 on, before each step
    const reached = new Int32Array(2 * most + 3);
    const at = k => k + most + 1;
    for (let distance = 0; distance <= most; ++distance) {
        trace.push(reached.slice(at(-distance - 1), at(distance + 1) + 1));
        for (let k = -distance; k <= distance; k += 2) {
            const down = k === -distance || (k !== distance && reached[at(k - 1)] < reached[at(k + 1)]);
            let x = down ? reached[at(k + 1)] : reached[at(k - 1)] + 1;
            while (x < a.length && x - k < b.length && a[x] === b[x - k])
                ++x;
            reached[at(k)] = x;
            if (x >= a.length && x - k >= b.length)
                return pairs(trace, a.length, b.length);
        }
    }
    return null;
}

function pairs(trace, x, y) {
    const found = [];
    for (let distance = trace.length - 1; distance >= 0; --distance) {
        const reached = k => trace[distance][k + distance + 1];
        const k = x - y;
        const down = k === -distance || (k !== distance && reached(k - 1) < reached(k + 1));
        const from = distance === 0 ? 0 : reached(down ? k + 1 : k - 1);
        const fromY = distance === 0 ? 0 : from - (down ? k + 1 : k - 1);
        while (x > from && y > fromY)
            found.push([--x, --y]);
        [x, y] = [from, fromY];
    }
    return found.reverse();
}

// Line and column, from 1, of an offset.
function placeOf(text, offset) {
    const before = text.slice(0, offset);
    return [before.split('\n').length, offset - before.lastIndexOf('\n')];
}

/**
 * A function that finds the place in `source`, [line, column] from 1, which stands at a line and column of `made`, the
 * same program printed anew by a transpiler that keeps no account of that; null where that is none of the source's.
 */
export function lineMap(source, made) {
    const own = tokenize(source).filter(essence);
    const printed = tokenize(made).filter(essence);
    const matched = commonItems(own.map(essence), printed.map(essence)) ?? [];
    const starts = [0];
    for (let at = made.indexOf('\n'); at >= 0; at = made.indexOf('\n', at + 1))
        starts.push(at + 1);
    return (line, column) => {
        const offset = starts[line - 1] + column - 1;
        let best = null;
        for (const [mine, theirs] of matched) {
            if (printed[theirs].start > offset)
                break;
            best = [mine, theirs];
        }
        if (!best || printed[best[1]].start < starts[line - 1]) // that line has none before it
            best = matched.find(([, theirs]) => printed[theirs].start >= starts[line - 1] && printed[theirs].start < starts[line]) ?? null;
        return best && placeOf(source, own[best[0]].start);
    };
}
