// The first Worker of every instance: gives the uploaded Worker its public URL and tells an exception from a 500.
//
// The front door says by `sandbox-url` which address the client asked for. An uncaught exception comes back as a 500 with
// `sandbox-outcome: exception`, so that the front door can count it and show the vendor's error page.

export default {
  async fetch(request, env) {
    const headers = new Headers(request.headers);
    const url = headers.get("sandbox-url") ?? request.url;
    headers.delete("sandbox-url");
    if (headers.has("sandbox-cron")) return scheduled(headers.get("sandbox-cron"), env);
    try {
      return await env.WORKER.fetch(new Request(new Request(url, request), { headers }));
    } catch (error) {
      return exception(error);
    }
  },
};

async function scheduled(cron, env) {
  try {
    const result = await env.WORKER.scheduled({ cron, scheduledTime: new Date() });
    return new Response(result.outcome);
  } catch (error) {
    return exception(error);
  }
}

function exception(error) {
  const text = error instanceof Error ? error.message : String(error);
  return new Response(text, { status: 500, headers: { "sandbox-outcome": "exception" } });
}
