// The account's one storage: a Worker in front of the objects in which Miniflare keeps KV, D1 and R2.
//
// A call names what it is for in the header `sandbox-resource: <kind>/<id>`; the rest of it is the protocol that the
// runtime itself speaks to a namespace, a database or a bucket. An id needs no declaration: its object is made on first use.

export default {
  async fetch(request, env) {
    const [kind, id] = (request.headers.get("sandbox-resource") ?? "").split("/");
    const objects = env[kind];
    if (objects === undefined || !id) return new Response(`no such resource: ${kind}/${id}`, { status: 404 });
    const headers = new Headers(request.headers);
    headers.delete("sandbox-resource");
    const object = objects.get(objects.idFromName(id));
    return object.fetch(new Request(request, { headers }), { cf: { miniflare: { name: id } } });
  },
};
