#!/usr/bin/env node
// A fault hook of kept for brokers behind Toxiproxy, one proxy a broker: `isolate … from everyone` holds all that goes
// through the broker's proxy back, in both directions. Brokers that reach each other past the proxies are not cut off
// from each other.
//
//   kept run cut-off.json --bootstrap-server … --fault-hook ./hooks/toxiproxy.mjs --yes-break-these-nodes
//
// TOXIPROXY_URL  where its API is; http://127.0.0.1:8474 if it is not set.
// KEPT_PROXIES   which proxy leads to which broker: "kafka1=one,kafka2=two"; without it proxies have the brokers' names.
import { readFileSync } from 'node:fs';

const verb = process.argv[2];
const order = JSON.parse(readFileSync(0, 'utf8'));
const api = process.env.TOXIPROXY_URL ?? 'http://127.0.0.1:8474';
const proxies = new Map(
  (process.env.KEPT_PROXIES ?? '')
    .split(',')
    .filter((pair) => pair.includes('='))
    .map((pair) => pair.trim().split('=')),
);
const STREAMS = ['upstream', 'downstream'];
const { kind, from } = order.fault;
if (kind !== 'isolate' || from !== 'everyone') {
  const reason = `this hook does isolate from everyone; not ${kind}${from === undefined ? '' : ` from ${from}`}`;
  process.stdout.write(`${JSON.stringify({ applied: false, healed: false, reason })}\n`);
  process.exit(0);
}

/** @param fine statuses besides success that are no failure */
async function call(method, path, body, fine = []) {
  const answer = await fetch(`${api}${path}`, { method, ...(body && { body: JSON.stringify(body) }) });
  const text = await answer.text();
  if (!answer.ok && !fine.includes(answer.status))
    throw new Error(`Toxiproxy answered ${answer.status}: ${text.trim()}`);
  return text === '' ? null : JSON.parse(text);
}

const seen = [];
for (const { name } of order.targets) {
  const proxy = `/proxies/${proxies.get(name) ?? name}`;
  for (const stream of STREAMS) {
    const toxic = {
      name: `${order.id}-${stream}`,
      type: 'timeout',
      stream,
      toxicity: 1,
      attributes: { timeout: 0 },
    };
    if (verb === 'apply') await call('POST', `${proxy}/toxics`, toxic, [409]);
    else await call('DELETE', `${proxy}/toxics/${toxic.name}`, null, [404]);
  }
  const { toxics } = await call('GET', proxy);
  seen.push({ name, held: toxics.filter((toxic) => toxic.name.startsWith(order.id)).length });
}
const verified = seen.every(({ held }) => held === (verb === 'apply' ? STREAMS.length : 0));
const evidence = seen
  .map(({ name, held }) => `the proxy of ${name} holds ${held} of 2 directions back`)
  .join(', ');
process.stdout.write(`${JSON.stringify({ applied: true, healed: true, verified, evidence })}\n`);
