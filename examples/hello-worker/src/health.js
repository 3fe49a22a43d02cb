/** What this Worker depends on, each with one cheap question to it. */
const components = {
  d1: (env) => env.DB.prepare("SELECT count(*) FROM greetings").first(),
  kv: (env) => env.FLAGS.get("EMERGENCY_STOP"),
};

/** 200 with every component "ok", or 503 with the reason of each that is not. */
export async function health(env) {
  const checks = Object.entries(components).map(async ([name, check]) => [name, await outcome(check(env))]);
  const results = Object.fromEntries(await Promise.all(checks));
  const ok = Object.values(results).every((result) => result === "ok");
  const { id, tag } = env.VERSION;
  return Response.json({ status: ok ? "ok" : "fail", version: { id, tag }, components: results }, { status: ok ? 200 : 503 });
}

async function outcome(check) {
  try {
    await check;
    return "ok";
  } catch (error) {
    return error.message;
  }
}
