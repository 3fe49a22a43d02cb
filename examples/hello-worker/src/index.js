import { health } from "./health.js";

export default {
  async fetch(request, env) {
    const response = await route(new URL(request.url).pathname, env);
    response.headers.set("x-version", env.VERSION.id);
    return response;
  },
};

async function route(path, env) {
  if (path === "/") return new Response("Hello!\n");
  if (path === "/health") return health(env);
  return new Response("Not found\n", { status: 404 });
}
