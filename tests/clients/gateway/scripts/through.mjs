// What through.py is for Python: runs the cases of a script through the gateway, at one upstream.

import assert from "node:assert/strict";

export const { GATEWAY_URL: URL, EMULATOR_URL, MODEL, EMBEDDING_MODEL } = process.env;
const DIALECTS = new Set(process.env.DIALECTS.split(","));

export { assert };

export async function control(action, body) {
  const options = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
  return (await fetch(`${EMULATOR_URL}/_emulator/${action}`, options)).json();
}

/** The error of exactly `kind` that `act` ends in. */
export async function caught(kind, act) {
  try {
    await act();
  } catch (error) {
    assert.equal(error.constructor.name, kind.name, String(error));
    return error;
  }
  assert.fail(`no ${kind.name}`);
}

export async function all(stream) {
  const items = [];
  for await (const item of stream) items.push(item);
  return items;
}

export const range = (first, last) => Array.from({ length: last - first + 1 }, (_, n) => String(first + n));

/** Of a case that the gateway may answer by itself. */
export const asksNobody = (act) => Object.assign(act, { asksNobody: true });

async function outcome(act) {
  await control("reset", {});
  try {
    await act();
    const asked = (await control("requests")).map((seen) => seen.dialect);
    for (const dialect of asked) assert(DIALECTS.has(dialect), `asked in ${dialect}`);
    assert(asked.length > 0 || act.asksNobody, "nobody was asked");
  } catch (error) {
    return error.stack;
  }
  return "ok";
}

/** Run every case, one after the other, and print what came of each. */
export async function runAll(cases) {
  const report = {};
  for (const [name, act] of Object.entries(cases)) report[`case_${name}`] = await outcome(act);
  process.stdout.write(JSON.stringify(report), () => process.exit(0));
}
