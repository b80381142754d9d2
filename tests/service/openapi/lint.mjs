// SPDX-License-Identifier: GPL-3.0-or-later
// node lint.mjs FILE: lints an OpenAPI document by Redocly's recommended rules. Says what is wrong; ends with 1 then.
import { createConfig, lint } from '@redocly/openapi-core';

const config = await createConfig({
  extends: ['recommended-strict'],
  rules: {
    // Errors that every operation has stand under "default".
    'operation-4xx-response': 'off',
    // A user's own machine is where it usually listens.
    'no-server-example.com': 'off',
  },
  telemetry: 'off',
});
const problems = await lint({ ref: process.argv[2], config });
for (const problem of problems) {
  const at = problem.location[0]?.pointer ?? '';
  console.log(`${problem.severity} ${problem.ruleId} ${at}: ${problem.message}`);
}
console.log(`${problems.length} problems`);
process.exit(problems.length === 0 ? 0 : 1);
