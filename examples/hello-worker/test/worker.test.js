import assert from "node:assert/strict";
import { test } from "node:test";
import worker from "../src/index.js";

const VERSION = { id: "11111111-2222-4333-8444-555555555555", tag: "v1" };
const FLAGS = { get: async () => null };
const DB = { prepare: () => ({ first: async () => ({ "count(*)": 0 }) }) };
const BROKEN_DB = { prepare: () => ({ first: async () => Promise.reject(new Error("no such table: greetings")) }) };

const get = (path, env = {}) => worker.fetch(new Request(`https://hello.example${path}`), { VERSION, FLAGS, DB, ...env });

test("says hello, and which version said it", async () => {
  const response = await get("/");
  assert.equal(await response.text(), "Hello!\n");
  assert.equal(response.headers.get("x-version"), VERSION.id);
});

test("is healthy while its database and its flags answer", async () => {
  const response = await get("/health");
  assert.equal(response.status, 200);
  assert.deepEqual(await response.json(), { status: "ok", version: VERSION, components: { d1: "ok", kv: "ok" } });
});

test("says which component is not, and why", async () => {
  const response = await get("/health", { DB: BROKEN_DB });
  assert.equal(response.status, 503);
  assert.equal((await response.json()).components.d1, "no such table: greetings");
});

test("knows no other page", async () => {
  assert.equal((await get("/nothing")).status, 404);
});
