// Runs uploaded Workers with the real workerd: one Miniflare instance for each version, one for the account's storage.
//
// How data is shared. Two workerd processes must not both own the SQLite files of a namespace, and a live version must not
// be restarted because another one comes or goes. So KV, D1 and R2 live in one instance (storage.mjs) that runs as long as
// the sandbox, and every version's bindings are HTTP doors to it: both versions of a Worker, and the account's API, see the
// same data at once, and creating a namespace restarts nothing. Durable Objects run in the instance of the version that is
// called, on files shared by the versions of a script.
//
// How it is driven. One JSON object a line on stdin ({id, op, ...}), one answer a line on stdout ({id, result | error});
// {tail} lines carry trace events. When stdin ends every runtime is stopped and the host exits: nothing is left behind.

import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { Miniflare, Response } from "miniflare";
import { elsewhere, given, resourceBinding } from "./bindings.mjs";

const LOOPBACK = "127.0.0.1";
const COMPATIBILITY_DATE = "2026-01-01";
const source = (name) => readFileSync(new URL(name, import.meta.url), "utf8");
const own = { gate: source("./gate.mjs"), storage: source("./storage.mjs"), collector: source("./collector.mjs") };
const socket = [{ host: LOOPBACK, port: 0 }];
const instances = new Map();
let storageAddress;

const operations = { storage, start, stop };

for await (const line of createInterface({ input: process.stdin })) {
  void answer(JSON.parse(line));
}
await Promise.allSettled([...instances.values()].map((instance) => instance.dispose()));
process.exit(0);

async function answer({ id, op, ...args }) {
  try {
    say({ id, result: await operations[op](args) });
  } catch (error) {
    say({ id, error: error.runtime || error.stack || String(error) });
  }
}

function say(message) {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

/** Starts the account's storage on the files under `persist`; its loopback port. */
async function storage({ persist }) {
  const object = (kind, serviceName, className) => given({ name: kind, durableObjectNamespace: { serviceName, className } });
  const worker = {
    ...ownWorker("storage"),
    unsafeDirectSockets: socket,
    kvNamespaces: { FIRST_KV: "first" },
    d1Databases: { FIRST_D1: "first" },
    r2Buckets: { FIRST_R2: "first" },
    unsafeBindings: [
      object("kv", "kv:ns", "KVNamespaceObject"),
      object("d1", "d1:db", "D1DatabaseObject"),
      object("r2", "r2:bucket", "R2BucketObject"),
    ],
  };
  const port = await run("storage", { workers: [worker], defaultPersistRoot: persist }, "storage");
  storageAddress = `${LOOPBACK}:${port}`;
  return { port };
}

/** Starts a version; its loopback port and the milliseconds it took. The runtime's own words if it does not start. */
async function start({ version }) {
  const began = performance.now();
  const host = async (request) => {
    say({ tail: { version: version.id, events: await request.json() } });
    return new Response(null);
  };
  const workers = [
    { ...ownWorker("gate"), serviceBindings: { WORKER: "worker" }, unsafeDirectSockets: socket },
    uploaded(version),
    { ...ownWorker("collector"), serviceBindings: { HOST: host } },
  ];
  const port = await run(version.id, { workers, defaultPersistRoot: version.persist }, "gate");
  return { port, milliseconds: Math.round(performance.now() - began) };
}

async function stop({ version }) {
  const instance = instances.get(version);
  instances.delete(version);
  await instance?.dispose();
  return {};
}

function ownWorker(name) {
  const flags = ["service_binding_extra_handlers"];
  return { name, modules: true, script: own[name], compatibilityDate: COMPATIBILITY_DATE, compatibilityFlags: flags };
}

function uploaded(version) {
  const services = version.services.map(({ name, token }) => {
    const service = elsewhere(`worker:${name}`, version.edge, "sandbox-service", token);
    return given({ name, service: { name: service.name } }, [service]);
  });
  return {
    name: "worker",
    ...code(version),
    compatibilityDate: version.compatibilityDate,
    compatibilityFlags: version.compatibilityFlags,
    bindings: version.vars,
    durableObjects: version.objects,
    unsafeBindings: [...version.resources.map((resource) => resourceBinding(resource, storageAddress)), ...services],
    tails: ["collector"],
  };
}

function code({ modules, serviceWorker }) {
  if (serviceWorker) return { script: readFileSync(modules[0].file, "utf8") };
  const read = ({ type, name, file }) => ({ type, path: name, contents: readFileSync(file) });
  return { modules: modules.map(read) };
}

/** Starts one runtime and keeps it under `key`; the port of the direct socket of `worker`. */
async function run(key, options, worker) {
  let words = "";
  const handleRuntimeStdio = (stdout, stderr) => {
    stdout.resume();
    stderr.on("data", (data) => (words = (words + data).slice(-20_000)));
  };
  const instance = new Miniflare({ cf: false, handleRuntimeStdio, ...options });
  try {
    await instance.ready;
  } catch (error) {
    await instance.dispose().catch(() => {});
    throw Object.assign(error, { runtime: words.trim() });
  }
  instances.set(key, instance);
  return Number((await instance.unsafeGetDirectURL(worker)).port);
}
