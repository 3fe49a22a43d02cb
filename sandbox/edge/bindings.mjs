// A Miniflare plugin whose bindings are taken as given: the door through which an instance gets bindings that live elsewhere.

export const plugins = {
  given: {
    options: { parse: (value) => value, safeParse: (value) => ({ success: true, data: value }) },
    async getBindings(given) {
      return (given ?? []).map(({ options }) => options.binding);
    },
    getNodeBindings() {
      return {};
    },
    async getServices({ options }) {
      return (options ?? []).flatMap((given) => given.options.services ?? []);
    },
  },
};

const plugin = { package: new URL(import.meta.url).pathname, name: "given" };

/** An entry of Miniflare's `unsafeBindings`: a runtime binding and the services that it needs. */
export function given(binding, services = []) {
  return { name: binding.name, type: "given", plugin, options: { binding, services } };
}

/** A service on another loopback port, with a header that says what is meant. */
export function elsewhere(name, address, header, value) {
  return { name, external: { address, http: { injectRequestHeaders: [{ name: header, value }] } } };
}

/** The binding of KV namespace, D1 database or R2 bucket `resource.id`, kept by the account's storage at `address`. */
export function resourceBinding({ name, kind, id }, address) {
  const service = elsewhere(`storage:${kind}:${name}`, address, "sandbox-resource", `${kind}/${id}`);
  const to = { name: service.name };
  const d1 = { wrapped: { moduleName: "cloudflare-internal:d1-api", innerBindings: [{ name: "fetcher", service: to }] } };
  const binding = { kv: { kvNamespace: to }, r2: { r2Bucket: to }, d1 }[kind];
  return given({ name, ...binding }, [service]);
}
