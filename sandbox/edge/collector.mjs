// The tail of every uploaded Worker: hands its trace events (outcome, logs, exceptions, request) to the host.

export default {
  async tail(events, env) {
    await env.HOST.fetch("http://host/", { method: "POST", body: JSON.stringify(events.map(plain)) });
  },
};

/** A trace item with its request and response spelled out: they are getters, which JSON would leave empty. */
function plain(item) {
  const { event } = item;
  if (event === null || event === undefined) return { ...item };
  const { request, response, cron, scheduledTime } = event;
  return { ...item, event: { ...pick(request), ...(response && { response: { status: response.status } }), ...(cron && { cron, scheduledTime }) } };
}

function pick(request) {
  if (!request) return {};
  const { url, method, headers, cf } = request;
  return { request: { url, method, headers, cf } };
}
