// SPDX-License-Identifier: GPL-3.0-or-later
// node replay.mjs SOCKET LEFT_OUT UNPROVEN FILE: sends every request example of the document that a service gives of itself,
// on its Unix socket, and compares each answer with the example of the same name, and with the schema. LEFT_OUT: operations
// that are not called, a JSON list; UNPROVEN: whose answers are only told; FILE: the document. Ends with 1 where an answer
// is another one.
import { readFileSync } from 'node:fs';
import http from 'node:http';
import Ajv2020 from 'ajv/dist/2020.js';

const [socketPath, leftOut, unproven] = [process.argv[2], JSON.parse(process.argv[3]), JSON.parse(process.argv[4] ?? '[]')];
// What is another each time.
const varies = new Set(['executionId', 'containerId', 'timestamp', 'durationMs', 'queuedMs', 'setupMs', 'resourceUsage', 'createdAt',
  'lastAccessedAt', 'created', 'mtimeMs', 'engine', 'version', 'docker', 'images', 'spec', 'size', 'fileInfo']);
let failures = 0;
let count = 0;

function ask(method, path, body, type) {
  return new Promise((resolve, reject) => {
    const headers = body === undefined ? {} : { 'Content-Type': type, 'Content-Length': Buffer.byteLength(body) };
    const request = http.request({ socketPath, method, path, headers, timeout: 120000 }, (response) => {
      const parts = [];
      response.on('data', (part) => parts.push(part));
      response.on('end', () => resolve({ status: response.statusCode, type: (response.headers['content-type'] ?? '').split(';')[0],
        body: Buffer.concat(parts).toString() }));
      response.on('error', reject);
    });
    request.on('timeout', () => request.destroy(new Error('no answer')));
    request.on('error', reject);
    request.end(body);
  });
}

// Where they differ; null: nowhere.
function difference(expected, actual, at = '') {
  if (typeof expected !== typeof actual || expected === null || actual === null || typeof expected !== 'object')
    return expected === actual ? null : `${at}: ${JSON.stringify(actual)} and not ${JSON.stringify(expected)}`;
  if (Array.isArray(expected) !== Array.isArray(actual) || (Array.isArray(expected) && expected.length !== actual.length))
    return `${at}: ${JSON.stringify(actual)} and not ${JSON.stringify(expected)}`;
  for (const key of new Set([...Object.keys(expected), ...Object.keys(actual)])) {
    if (!(key in expected) && !varies.has(key)) return `${at}/${key}: is not in the example`;
    if (!(key in actual)) return `${at}/${key}: is missing`;
    const found = varies.has(key) ? null : difference(expected[key], actual[key], `${at}/${key}`);
    if (found) return found;
  }
  return null;
}

// Where output is cut into events is chance.
function events(text) {
  const joined = [];
  for (const part of text.split('\n\n').filter((each) => each.startsWith('data: '))) {
    const [event, last] = [JSON.parse(part.slice(6)), joined.at(-1)];
    if (last && last.type === event.type && last.phase === event.phase && event.type.startsWith('std')) last.data += event.data;
    else joined.push(event);
  }
  return joined;
}

const served = await ask('GET', '/openapi.json');
const document = JSON.parse(served.body);
const ajv = new Ajv2020({ strict: false, validateFormats: false });
ajv.addSchema({ $id: 'isol8:document', ...document });
const pointer = (...parts) => 'isol8:document#' + parts.map((part) => '/' + encodeURIComponent(part.replace(/~/g, '~0').replace(/\//g, '~1'))).join('');
const resolve = (object) => (object.$ref ? object.$ref.slice(2).split('/').reduce((at, part) => at[part], document) : object);

function check(answer, name, status, operation, parts) {
  if (String(answer.status) !== status) return `status ${answer.status} and not ${status}: ${answer.body.slice(0, 300)}`;
  const [media, content] = Object.entries(resolve(operation.responses[status]).content)[0];
  if (answer.type !== media) return `${answer.type} and not ${media}`;
  const expected = content.examples[name].value;
  if (media === 'text/event-stream') return difference(events(expected), events(answer.body));
  if (media === 'text/plain') return answer.body.includes(expected) ? null : `no "${expected}" in ${answer.body.slice(0, 300)}`;
  if (media !== 'application/json') return difference(expected, answer.body);
  const actual = JSON.parse(answer.body);
  const valid = ajv.compile({ $ref: pointer(...parts, 'responses', status, 'content', media, 'schema') });
  if (!operation.responses[status].$ref && !valid(actual)) return ajv.errorsText(valid.errors);
  return difference(expected, actual);
}

async function replay(path, method, operation, name, status) {
  const query = new URLSearchParams();
  let target = path;
  for (const parameter of (operation.parameters ?? []).map(resolve)) {
    const value = parameter.examples?.[name]?.value ?? parameter.example;
    if (value === undefined) continue;
    if (parameter.in === 'path') target = target.replace(`{${parameter.name}}`, String(value).split('/').map(encodeURIComponent).join('/'));
    else query.set(parameter.name, value);
  }
  if (query.size ?? query.toString()) target += '?' + query;
  const [type, content] = Object.entries(operation.requestBody?.content ?? {})[0] ?? [];
  const value = (content?.examples?.[name] ?? content?.['x-refused-examples']?.[name])?.value;
  const body = value === undefined ? undefined : type === 'application/json' ? JSON.stringify(value) : value;
  const answer = await ask(method.toUpperCase(), target, body, type);
  const problem = check(answer, name, status, operation, ['paths', path, method]);
  ++count;
  if (!problem) return;
  const told = unproven.includes(operation.operationId);
  console.log(`${told ? 'unproven' : 'FAIL'} ${operation.operationId}, example ${name}: ${problem}`);
  failures += told ? 0 : 1;
}

for (const [path, operations] of Object.entries(document.paths)) {
  for (const [method, operation] of Object.entries(operations)) {
    if (leftOut.includes(operation.operationId)) continue;
    const known = new Map(); // example -> status
    for (const [status, response] of Object.entries(operation.responses)) {
      for (const content of Object.values(resolve(response).content ?? {})) {
        for (const name of Object.keys(content.examples ?? {})) known.set(name, status);
      }
    }
    const content = Object.values(operation.requestBody?.content ?? {})[0];
    const asked = { ...content?.examples, ...content?.['x-refused-examples'] };
    for (const parameter of (operation.parameters ?? []).map(resolve)) Object.assign(asked, parameter.examples);
    for (const name of Object.keys(asked)) {
      if (known.has(name)) continue;
      console.log(`FAIL ${operation.operationId}: the example ${name} has no answer`);
      ++failures;
    }
    const order = [...Object.keys(asked), ...known.keys()].filter((name, at, all) => known.has(name) && all.indexOf(name) === at);
    for (const name of order) await replay(path, method, operation, name, known.get(name));
  }
}
if (JSON.stringify(JSON.parse(readFileSync(new URL('file://' + process.argv[5])))) !== JSON.stringify(document)) {
  console.log('FAIL the document that is served is not resources/openapi.json');
  ++failures;
}
console.log(`${count} examples, ${failures} failures`);
process.exit(failures === 0 ? 0 : 1);
